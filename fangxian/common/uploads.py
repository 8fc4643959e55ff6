"""A limit for what is uploaded, before any of it is kept.

The token against forged requests is looked for in the body, so a body is read before anybody is
known to be signed in: without a limit whoever reaches the server could fill its disk.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import orjson
from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadhandler import FileUploadHandler

CHILD = Path(__file__).parent / "jsonchild.py"
WALL_SECONDS = 30

# Above the limit of one file, so that a page can still say kindly that a file is a little too big.
SLACK_MB = 10


class Limited(FileUploadHandler):
    """First of the upload handlers: refuses a body longer than any page takes (400)."""

    def handle_raw_input(
        self,
        input_data: Any,
        meta: dict[str, Any],
        content_length: int,
        boundary: Any,
        encoding: str | None = None,
    ) -> None:
        most = (settings.FANGXIAN_UPLOAD_MB + SLACK_MB) * 1024 * 1024
        if content_length > most:
            raise RequestDataTooBig(f"a body of {content_length} bytes; {most} are taken at most")

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        return raw_data

    def file_complete(self, file_size: int) -> None:
        return None


class UnreadableJson(ValueError):
    """What was uploaded is no JSON; ``too_much``: it holds more than can be read safely."""

    def __init__(self, *, too_much: bool) -> None:
        super().__init__("too much" if too_much else "no JSON")
        self.too_much = too_much


def read_json(data: bytes) -> Any:
    """Read an uploaded JSON file in a process of its own that has little memory and little time.

    A hostile file costs that process its life and the caller an :class:`UnreadableJson`; what comes
    back has at most four million values, 64 deep, and no number that JSON doesn't know.
    """
    command = [sys.executable, "-I", "-S", "-B", "-X", "utf8", str(CHILD)]
    try:
        done = subprocess.run(  # noqa: S603  # a fixed command, no shell
            command, input=data, capture_output=True, check=False, env={}, cwd="/",
            timeout=WALL_SECONDS,
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise UnreadableJson(too_much=True) from error
    if done.returncode:
        raise UnreadableJson(too_much=done.returncode != 2)
    try:
        return orjson.loads(done.stdout)
    except orjson.JSONDecodeError as error:  # half a surrogate pair, a number beyond 64 bits
        raise UnreadableJson(too_much=False) from error
