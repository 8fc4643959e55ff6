"""What an operation of a duty says, in lines of a label and a text: read where one is held."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django.db import models

from fangxian.common.actor import Actor
from fangxian.common.masks import mask_name, mask_number, mask_phone
from fangxian.common.vocabulary import Named
from fangxian.field.actions.gates import LOG
from fangxian.field.duties.rules import DutyRules, duty_rules, label
from fangxian.field.models import Disinfection, GateEntry, Outreach, RoundCheck
from fangxian.field.questionnaire.said import typed
from fangxian.field.sync.entities import Operation

Lines = Iterable[tuple[Any, str]]
Mask = Callable[[str], str]
# Who passed is for who may see the log, and masked as there; what is typed freely may name him too.
PASSERS: Mapping[str, Mask] = {
    "plate": str,
    "temperature": str,
    "who": mask_name,
    "identity": mask_number,
    "phone": mask_phone,
    "origin": typed,
    "note": typed,
}
# The list of the rules in which a field's codes are named.
Codes = Mapping[str, Callable[[DutyRules, Operation], Mapping[str, Named]]]


def _outcomes(rules: DutyRules, operation: Operation) -> Mapping[str, Named]:
    kind = rules.outreach.get(str(operation.patch.get("kind")))
    return kind.outcomes if kind else {}


def _said(
    model: type[models.Model],
    fields: Iterable[str],
    codes: Codes,
    personal: Mapping[str, Mask] | None = None,
) -> Any:
    """A reader of these fields of a patch; numbers that may be a document's or a phone's masked.

    What is ``personal`` is said to who may see the gate log, each masked in its way.
    """
    masks = personal or {}

    def say(by: Actor, operation: Operation) -> Lines:
        rules, sees = duty_rules(), by.may(LOG)
        for name in fields:
            value = operation.patch.get(name)
            if value in (None, "") or (name in masks and not sees):
                continue
            column: Any = model._meta.get_field(name)
            if name in codes:
                text = label(codes[name](rules, operation), str(value))
            elif column.choices:
                text = str(dict(column.choices).get(value, value))
            else:
                text = masks.get(name, typed)(str(value))
            yield column.verbose_name, text

    return say


say_gate_entry = _said(
    GateEntry,
    (
        "direction",
        "people",
        "decision",
        "temperature",
        "plate",
        "who",
        "identity",
        "phone",
        "origin",
        "note",
    ),
    {"decision": lambda rules, _operation: rules.decisions},
    PASSERS,
)
say_round_check = _said(
    RoundCheck, ("found", "note"), {"found": lambda rules, _operation: rules.found}
)
say_disinfection = _said(
    Disinfection,
    ("site", "agent", "concentration", "minutes", "area", "operator", "note"),
    {
        "site": lambda rules, _operation: rules.sites,
        "agent": lambda rules, _operation: rules.agents,
    },
)
say_outreach = _said(
    Outreach,
    ("kind", "outcome", "people", "note"),
    {"kind": lambda rules, _operation: rules.outreach, "outcome": _outcomes},
)
