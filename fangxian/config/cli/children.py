"""Run a few programs together: restart what falls, end all of them on Ctrl-C or SIGTERM."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

STOP_SECONDS = 20.0
_EARLY_SECONDS = 10.0
_EARLY_FALLS = 3
_LONGEST_PAUSE = 10.0
_LOOK_EVERY = 3.0
_UNWELL_SECONDS = 20.0
_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


def _end_with_parent() -> None:
    """In the child: a killed parent must not leave a server behind that holds the port."""
    if _LIBC is not None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


@dataclass
class Child:
    """A program to keep running.

    Without an `essential` one that never stayed up, all end; one that did, or was `well`, is
    started again however often it falls. One that lives but has not been `well` for a while has
    hung as it ended: it is killed and started again. What it started ends with it.
    """

    name: str
    command: Sequence[str]
    environ: Mapping[str, str]
    essential: bool = True
    well: Callable[[], bool] | None = None
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    start_at: float | None = None
    early_falls: int = 0
    stayed_up: bool = False
    last_well: float = 0.0
    looked: float = 0.0

    def start(self) -> None:
        # A session of its own: Ctrl-C reaches only the parent, which then ends all in order.
        self.process = subprocess.Popen(  # the parent runs no threads
            list(self.command),
            env=dict(self.environ),
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=_end_with_parent,  # noqa: PLW1509  # the parent runs no threads
        )
        self.started = time.monotonic()
        self.last_well = self.looked = self.started
        self.start_at = None

    def watch(self) -> bool:
        """Notice a fall, start again after a growing pause; False if that has become hopeless."""
        now = time.monotonic()
        if self.start_at is not None:
            if now >= self.start_at:
                self.start()
            return True
        if self.process is None:
            return True
        if self.process.poll() is None:
            self._look(self.process, now)
            return True
        kill_group(self.process)
        early = now - self.started < _EARLY_SECONDS
        self.stayed_up |= not early
        self.early_falls = self.early_falls + 1 if early else 1
        said = f"{self.name} ended unexpectedly ({self.process.returncode})"
        if self.essential and not self.stayed_up and self.early_falls >= _EARLY_FALLS:
            print(f"fangxian: {said} and doesn't stay up; see above.", file=sys.stderr)
            return False
        pause = min(2.0 ** (self.early_falls - 1), _LONGEST_PAUSE)
        print(f"fangxian: {said}; again in {pause:.0f} s", file=sys.stderr, flush=True)
        self.start_at = now + pause
        return True

    def _look(self, process: subprocess.Popen[bytes], now: float) -> None:
        if self.well is None or (self.stayed_up and now - self.looked < _LOOK_EVERY):
            return
        self.looked = now
        if self.well():
            self.last_well = now
            # It works here: what falls later, however soon, is no fault of how it was set up.
            self.stayed_up = True
        elif now - self.last_well >= _UNWELL_SECONDS:
            print(f"fangxian: {self.name} hangs and is ended", file=sys.stderr, flush=True)
            kill_group(process)


def kill_group(process: subprocess.Popen[bytes]) -> None:
    """End a child that leads its session at once, with what it started and left behind."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


@dataclass
class Group:
    """Children that live and end together."""

    children: list[Child] = field(default_factory=list)

    def listen(self) -> None:
        """Make SIGTERM as good as Ctrl-C (KeyboardInterrupt); call before starting anything."""
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        # A shell that starts this in the background leaves Ctrl-C ignored.
        signal.signal(signal.SIGINT, signal.default_int_handler)

    def start(self, child: Child) -> None:
        """Start a child of this group."""
        self.children.append(child)
        child.start()

    def run(self) -> int:
        """Watch until asked to stop (0) or until an essential child doesn't stay up (1)."""
        try:
            while all(child.watch() for child in self.children):
                time.sleep(0.2)
        except KeyboardInterrupt:
            return 0
        return 1

    def stop(self) -> None:
        """End all children: asked first, killed if they don't end. Further signals wait."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
        for child in self.children:
            if child.process and child.process.poll() is None:
                child.process.terminate()
        deadline = time.monotonic() + STOP_SECONDS
        for child in self.children:
            if child.process is None:
                continue
            with suppress(subprocess.TimeoutExpired):
                child.process.wait(timeout=max(0.1, deadline - time.monotonic()))
            kill_group(child.process)
            child.process.wait()
