"""Events: what happened, once."""

from __future__ import annotations

import hashlib
from typing import Any
from uuid import UUID

import orjson
from django.db import connection
from django.utils.translation import gettext as _

from fangxian.common.actions import action
from fangxian.common.actor import Actor
from fangxian.common.errors import Invalid, Problem
from fangxian.common.ids import uuid7
from fangxian.core.actions.files import require_scope
from fangxian.core.models import Event


def _digest(kind: str, place_code: str, data: dict[str, Any]) -> bytes:
    body = orjson.dumps([kind, place_code, data], option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(body).digest()


@action
def emit(
    *, by: Actor, kind: str, place_code: str, op_id: UUID, data: dict[str, Any] | None = None
) -> Event:
    """Append an event; the same ``op_id`` with the same body again returns the first one.

    ``data`` holds ids and numbers, never personal values. Raises Invalid when ``op_id`` was used
    for something else, OutOfScope.
    """
    require_scope(by, place_code)
    body = data or {}
    digest = _digest(kind, place_code, body)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO core_event (id, created_at, place_code, code_then, kind, op_id, digest,"
            " data, actor, user_id) VALUES (%s, now(), %s, %s, %s, %s, %s, %s, %s, %s)"
            " ON CONFLICT (op_id) DO NOTHING",
            [
                uuid7(),
                place_code,
                place_code,
                kind,
                op_id,
                digest,
                orjson.dumps(body).decode(),
                by.name,
                by.user_id,
            ],
        )
        added = cursor.rowcount == 1
    known = Event.objects.filter(op_id=op_id).first()
    if known is None or (not added and bytes(known.digest) != digest):
        raise Invalid(
            Problem(
                _("This operation id was already used for something else."),
                field="op_id",
                mend=_("Use a new id for a new operation."),
                code="op_id_reused",
            )
        )
    return known
