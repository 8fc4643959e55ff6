"""Storing, reading and removing files."""

from __future__ import annotations

import datetime as dt
import hashlib
from uuid import UUID

from django.db.models import F, Func, Q, Value
from django.utils import timezone
from django.utils.translation import gettext as _

from fangxian.common import codes, crypto
from fangxian.common.actions import action
from fangxian.common.actor import ALL_RIGHTS, Actor
from fangxian.common.errors import Forbidden, Invalid, OutOfScope, Problem
from fangxian.common.fields import Destroyed
from fangxian.common.ids import uuid7
from fangxian.common.keyring import REGISTER
from fangxian.core.models import CHUNK_BYTES, File, FileChunk, ImportRow, ImportRun

DEFAULT_RIGHT = "core.files"
# A right that nobody has: the file is for the account that stored it alone.
OWNER_ALONE = ""


def _column(file_id: UUID, number: int) -> str:
    # The place of a chunk is bound into it, so chunks can't be swapped within or between files.
    return f"core.file.{file_id}.{number}"


def require_scope(by: Actor, place_code: str) -> None:
    """Raise OutOfScope unless ``place_code`` lies in the actor's area."""
    if not codes.contains(by.area, place_code):
        raise OutOfScope(place_code)


@action
def store_file(
    *,
    by: Actor,
    data: bytes,
    name: str,
    media_type: str,
    place_code: str,
    emergency_id: UUID | None = None,
    keep_until: dt.date | None = None,
    right: str = DEFAULT_RIGHT,
) -> File:
    """Store ``data`` at a place, sealed with the register's or the emergency's key.

    ``right`` is what others need to read it (``OWNER_ALONE``: none suffices); the account that
    stores it may always read it.
    Memory: one sealed MiB besides ``data``. Raises OutOfScope, KeyDestroyed.
    """
    require_scope(by, place_code)
    key_id = emergency_id or REGISTER
    file = File(
        id=uuid7(),
        place_code=place_code,
        name=name,
        media_type=media_type,
        size=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
        chunks=-(-len(data) // CHUNK_BYTES),
        emergency_id=emergency_id,
        right=right,
        owner_id=by.user_id,
        keep_until=keep_until,
    )
    file.save(force_insert=True)
    for number in range(file.chunks):
        part = data[number * CHUNK_BYTES : (number + 1) * CHUNK_BYTES]
        sealed = crypto.seal(part, _column(file.id, number), key_id)
        FileChunk.objects.create(file=file, number=number, content=sealed)
    return file


def may_read(by: Actor, file: File) -> bool:
    """Tell whether the actor may read a file that is in its scope.

    A ledger and the workbook with its errors hold full numbers of many people: only the account
    that brought it reads them; others read the rows on the pages, masked and by quota. So it is
    with a workbook of full numbers that was taken for a reason (``OWNER_ALONE``).
    """
    if file.owner_id is not None and file.owner_id == by.user_id:
        return True
    return by.may(file.right, file.place_code) and not (
        by.rights is not ALL_RIGHTS and _is_ledger(file)
    )


def _is_ledger(file: File) -> bool:
    """Whether it was imported, or came back from an import: whole ledgers with full numbers."""
    return ImportRun.objects.filter(Q(file=file) | Q(result_file=file)).exists()


def content_of(file: File) -> bytes:
    """The content of a file that the room itself keeps and reads. Raises crypto.Unreadable."""
    parts = [
        crypto.unseal(bytes(content), _column(file.id, number))
        for number, content in file.parts.order_by("number").values_list("number", "content")
    ]
    data = b"".join(parts)
    if len(parts) != file.chunks or hashlib.sha256(data).hexdigest() != file.sha256:
        raise crypto.Unreadable(f"file {file.id} is damaged")
    return data


@action
def read_file(*, by: Actor, file_id: UUID) -> bytes:
    """Return a file's content and note who read it.

    Raises OutOfScope (not there or elsewhere), Forbidden, Invalid (removed, or its emergency has
    ended), crypto.Unreadable (damaged).
    """
    from fangxian.core.actions.events import emit

    file = File.objects.filter(id=file_id).first()
    if file is None:
        raise OutOfScope(str(file_id))
    if not may_read(by, file):
        raise Forbidden(file.right, file.place_code)
    if file.purged_at is not None:
        raise Invalid(
            Problem(
                _("The file was removed when its retention ended."),
                mend=_("Ask for it to be made again."),
                code="purged",
            )
        )
    if isinstance(file.name, Destroyed):
        raise Invalid(
            Problem(_("The emergency has ended and the file is destroyed."), code="destroyed")
        )
    data = content_of(file)
    emit(
        by=by,
        kind="core.file_read",
        place_code=file.place_code,
        op_id=uuid7(),
        data={"file": str(file.id)},
    )
    return data


@action
def purge_files(*, by: Actor, today: dt.date | None = None, limit: int = 500) -> int:
    """Remove the content of files whose retention has ended, and of the rows read from them.

    Returns how many files.
    """
    by.require("core.purge")
    day = today or timezone.localdate()
    due = list(
        File.objects.filter(purged_at=None, keep_until__lt=day)
        .order_by("keep_until")
        .values_list("id", flat=True)[:limit]
    )
    FileChunk.objects.filter(file_id__in=due).delete()
    # What their rows said goes with them; that they came in stays, so that imports add up.
    ImportRow.objects.filter(run__file_id__in=due).update(raw=None, problems=None)
    # A preview quotes some of the rows.
    preview = Func(F("options"), Value("preview"), template="(%(expressions)s)", arg_joiner=" - ")
    ImportRun.objects.filter(file_id__in=due, options__has_key="preview").update(options=preview)
    return File.objects.filter(id__in=due).update(purged_at=timezone.now())
