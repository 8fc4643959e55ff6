"""Publishing versions of forms."""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.db.models import Max

from fangxian.common.actions import action
from fangxian.common.actor import Actor
from fangxian.core.actions import store_file
from fangxian.core.models import File
from fangxian.field.models import FormDefinition
from fangxian.field.questionnaire import parse_questionnaire

RIGHT = "field.forms"
WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def _kept(by: Actor, name: str, data: bytes) -> File:
    return store_file(
        by=by, data=data, name=name, media_type=WORKBOOK, place_code=by.area, right=RIGHT
    )


@action
def publish_form(
    *,
    by: Actor,
    code: str,
    name: str,
    schema: dict[str, Any],
    source: str = "builder",
    workbook: tuple[str, bytes] | None = None,
) -> FormDefinition:
    """Publish a form, as the next version if the code is known; earlier versions stay.

    ``workbook`` is the file it was read from, name and content: kept as a file of the version. An
    unchanged schema makes no new version. Raises Invalid naming each question's problem.
    """
    by.require(RIGHT)
    parse_questionnaire(schema)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 1))", [code])
    versions = FormDefinition.objects.filter(code=code)
    latest = versions.order_by("-version").first()
    if latest is not None and latest.schema == schema and latest.name == name.strip():
        return latest
    highest = versions.aggregate(top=Max("version"))["top"] or 0
    return FormDefinition.objects.create(
        code=code,
        version=highest + 1,
        name=name.strip(),
        schema=schema,
        source=source,
        file=_kept(by, *workbook) if workbook is not None else None,
        made_by=by.name,
    )
