"""A limit for what is uploaded, before any of it is kept.

The token against forged requests is looked for in the body, so a body is read before anybody is
known to be signed in: without a limit whoever reaches the server could fill its disk.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadhandler import FileUploadHandler

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
