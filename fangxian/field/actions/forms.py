"""Publishing versions of forms."""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.db.models import Max

from fangxian.common.actions import action
from fangxian.common.actor import Actor
from fangxian.field.models import FormDefinition
from fangxian.field.questionnaire import parse_questionnaire

RIGHT = "field.forms"


@action
def publish_form(
    *, by: Actor, code: str, name: str, schema: dict[str, Any], source: str = "builder"
) -> FormDefinition:
    """Publish a form, as the next version if the code is known; earlier versions stay.

    An unchanged schema makes no new version. Raises Invalid naming each question's problem.
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
        made_by=by.name,
    )
