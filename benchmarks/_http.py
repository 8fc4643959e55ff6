"""A small load generator and a server to aim it at; both cheap beside what is measured."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

THREADS = 4
WORKERS = 2
TICK = os.sysconf("SC_CLK_TCK")


class Connection:
    """One kept-alive connection that sends ready-made requests."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def ask(self, request: bytes) -> tuple[int, bytes]:
        """Send a request; returns status and body."""
        self._socket.sendall(request)
        got = b""
        while b"\r\n\r\n" not in got:
            part = self._socket.recv(65536)
            if not part:
                raise ConnectionError("the server closed the connection")
            got += part
        head, _sep, body = got.partition(b"\r\n\r\n")
        length = 0
        for line in head.split(b"\r\n")[1:]:
            name, _colon, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        while len(body) < length:
            body += self._socket.recv(65536)
        return int(head[9:12]), body

    def close(self) -> None:
        self._socket.close()


def request(
    method: str,
    path: str,
    body: bytes = b"",
    cookies: str = "",
    token: str = "",
    headers: Mapping[str, str] | None = None,
) -> bytes:
    """The bytes of a request."""
    head = [
        f"{method} {path} HTTP/1.1",
        "Host: localhost",
        "Accept: */*",
        f"Cookie: {cookies}",
    ]
    if method == "POST":
        head += [
            "Content-Type: application/json",
            f"Content-Length: {len(body)}",
            f"X-CSRFToken: {token}",
        ]
    head += [f"{name}: {value}" for name, value in (headers or {}).items()]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body


def drive(
    port: int, clients: int, seconds: float, make: Callable[[int], Iterator[bytes]]
) -> tuple[int, float, list[float]]:
    """Let ``clients`` ask one after another for ``seconds``; ``make(n)`` gives a client's requests.

    Returns answers, seconds, and how long each took. Raises on an answer that is not 200.
    """
    took: list[list[float]] = [[] for _ in range(clients)]
    failures: list[str] = []
    start = threading.Barrier(clients + 1)
    until = [0.0]

    def run(number: int) -> None:
        connection = Connection(port)
        requests = make(number)
        start.wait()
        try:
            for one in requests:
                begun = time.perf_counter()
                if begun >= until[0] or failures:
                    return
                status, body = connection.ask(one)
                if status != 200:
                    failures.append(f"{status}: {body[:300]!r}")
                    return
                took[number].append(time.perf_counter() - begun)
        except OSError as error:
            failures.append(repr(error))
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(n,), daemon=True) for n in range(clients)]
    for thread in threads:
        thread.start()
    until[0] = time.perf_counter() + seconds
    begun = time.perf_counter()
    start.wait()
    for thread in threads:
        thread.join()
    elapsed = time.perf_counter() - begun
    if failures:
        raise SystemExit(failures[0])
    every = [one for of_client in took for one in of_client]
    return len(every), elapsed, every


@contextmanager
def granian(application: str, folder: Path, **environ: str) -> Iterator[tuple[int, int]]:
    """Serve an application as `fangxian serve` does; yields its port and process id."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--no-ws"]
    command += ["--host", "127.0.0.1", "--port", str(port), "--workers", str(WORKERS)]
    command += ["--blocking-threads", str(THREADS), "--log-level", "warning"]
    process = subprocess.Popen([*command, application], cwd=folder, env=dict(os.environ) | environ)
    try:
        for _attempt in range(300):
            if process.poll() is not None:
                raise SystemExit(f"{application} did not start")
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                time.sleep(0.1)
        yield port, process.pid
    finally:
        process.terminate()
        process.wait(20)


def cpu_seconds(pid: int) -> float:
    """CPU seconds so far of a process and its children that live."""
    total = _cpu(pid)
    for entry in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        total += cpu_seconds(int(entry))
    return total


def _cpu(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK
