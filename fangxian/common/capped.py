"""A process of its own for work on foreign bytes: little memory, little time, no files.

The process caps itself before it reads (``sheets/sheetreader/limits.py``). Here it is started, fed
and watched; whatever happens to it costs the caller no more than a :class:`Stopped`.
"""

from __future__ import annotations

import importlib.util
import signal
import subprocess
import sys
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import IO, Final

_START: Final = (
    "import sys; sys.path.extend(sys.argv[2:]); import importlib; "
    "sys.exit(importlib.import_module(sys.argv[1]).main())"
)
_CHUNK: Final = 1 << 20


class Stopped(Exception):
    """The process came to nothing; `code` is "too_slow", "too_much_memory" or "reader_failed"."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def command(module: str, *folders: Path, needs: Iterable[str]) -> list[str]:
    """How to start `main()` of a module that lies in one of `folders`.

    It finds the standard library and the installed packages of `needs`, nothing of ours beside.
    """
    found: dict[str, None] = {}
    for name in needs:
        spec = importlib.util.find_spec(name)
        if spec is None or spec.origin is None:
            raise ModuleNotFoundError(name)
        found[str(Path(spec.origin).parent.parent)] = None
    paths = [*found, *map(str, folders)]
    return [sys.executable, "-I", "-S", "-B", "-X", "utf8", "-c", _START, module, *paths]


def run(
    started: list[str], content: Iterable[bytes | bytearray], *, seconds: float, most: int
) -> tuple[bool, bytearray]:
    """Feed `content` to the process and wait for it, `seconds` at most.

    Whether it took it (exit status 0) or refused it with a reason (3), and what it said, `most`
    bytes at most. Raises Stopped.
    """
    process = subprocess.Popen(  # noqa: S603  fixed command, no shell
        started,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={},
        cwd="/",
        close_fds=True,
    )
    late = threading.Event()

    def stop() -> None:
        late.set()
        process.kill()

    timer = threading.Timer(seconds, stop)
    timer.start()
    assert process.stdin is not None
    assert process.stdout is not None
    feeder = threading.Thread(target=_feed, args=(process.stdin, content), daemon=True)
    feeder.start()
    output = bytearray()
    try:
        while chunk := process.stdout.read(_CHUNK):
            output += chunk
            if len(output) > most:
                raise Stopped("too_much_memory")
    finally:
        if process.poll() is None and sys.exc_info()[0] is not None:
            process.kill()
        status = process.wait()
        timer.cancel()
        feeder.join()
        process.stdout.close()
    if status in (0, 3):
        return status == 0, output
    if late.is_set() or status in (-signal.SIGXCPU, -signal.SIGKILL):
        raise Stopped("too_slow")
    if status in (4, -signal.SIGABRT, -signal.SIGSEGV):
        raise Stopped("too_much_memory")
    raise Stopped("reader_failed")


def _feed(pipe: IO[bytes], content: Iterable[bytes | bytearray]) -> None:
    try:
        for piece in content:
            pipe.write(piece)
        pipe.close()
    except BrokenPipeError:
        # The process refused the file before it had read it all; its answer says why.
        pass
