"""A form that is being made on a page: the fields as they were typed, and the steps on them.

The whole draft travels with the page and nothing is kept until it is published, so that it works
without scripts and two people never share half a form.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from fangxian.field.questionnaire.schema import DEFAULT_LANGUAGE, MAX_QUESTIONS

TEXTS: Final = ("name", "kind", "label", "hint", "relevant", "constraint", "exception_when")
_KEY: Final = re.compile(r"^q(\d{1,3})\.(\w+)$")
_OPTION: Final = re.compile(r"^\s*([^\s:：]+)\s*[:：]\s*(.+?)\s*$")
# What the builder offers; a position needs a device's sensors.
OFFERED: Final = ("choice", "choices", "text", "integer", "decimal", "date", "note")
# What only a workbook can say.
BEYOND: Final = ("choice_filter", "calculation", "default", "default_value")

Draft = list[dict[str, Any]]


def blank(number: int) -> dict[str, Any]:
    """A question that nobody has filled in."""
    return {**dict.fromkeys(TEXTS, ""), "name": f"q{number}", "kind": "choice", "options": ""}


def read(sent: Mapping[str, str]) -> Draft:
    """The questions on the submitted page, in their order."""
    rows: dict[int, dict[str, Any]] = {}
    for key, value in sent.items():
        if match := _KEY.match(key):
            rows.setdefault(int(match.group(1)), {})[match.group(2)] = value
    return [{**blank(number), **row} for number, row in sorted(rows.items())][:MAX_QUESTIONS]


def step(draft: Draft, what: str) -> Draft:
    """Apply the pressed button: ``add``, ``up.2``, ``down.2``, ``remove.2``; else nothing."""
    name, _dot, text = what.partition(".")
    if name == "add":
        return [*draft, blank(len(draft) + 1)] if len(draft) < MAX_QUESTIONS else draft
    at = int(text) if text.isascii() and text.isdigit() else -1
    if not 0 <= at < len(draft):
        return draft
    rest = draft[:at] + draft[at + 1 :]
    if name == "remove":
        return rest
    to = {"up": max(0, at - 1), "down": at + 1}.get(name, at)
    return [*rest[:to], draft[at], *rest[to:]]


def schema_of(draft: Draft) -> dict[str, Any]:
    """The draft as a schema, to be parsed (and refused with reasons) by ``parse_questionnaire``."""
    return {"questions": [_question(row) for row in draft]}


def _question(row: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {
        key: str(row[key]).strip() for key in TEXTS if str(row.get(key, "")).strip()
    }
    if row.get("kind") in ("choice", "choices"):
        found["options"] = _options(str(row.get("options", "")))
    if row.get("required"):
        found["required"] = True
    return found


def _options(text: str) -> list[dict[str, str]]:
    """One option a line, ``code: label``; a line without a code is numbered."""
    options = []
    for number, line in enumerate([line for line in text.splitlines() if line.strip()], start=1):
        match = _OPTION.match(line)
        code, label = match.groups() if match else (str(number), line.strip())
        options.append({"code": code, "label": label})
    return options


def draft_of(schema: Mapping[str, Any]) -> Draft | None:
    """A published schema as a draft; None when it holds what the builder can't show."""
    rows: Draft = []
    for question in schema.get("questions", []):
        beyond = any(question.get(key) for key in BEYOND) or isinstance(
            question.get("required"), str
        )
        if question.get("kind") not in OFFERED or beyond:
            return None
        row = blank(len(rows) + 1)
        for key in TEXTS:
            value = question.get(key) or ""
            row[key] = value.get(DEFAULT_LANGUAGE, "") if isinstance(value, dict) else value
        row["required"] = bool(question.get("required"))
        row["options"] = "\n".join(
            f"{option['code']}: {_plain(option.get('label'))}"
            for option in question.get("options") or []
        )
        rows.append(row)
    return rows


def _plain(label: Any) -> str:
    return str(label.get(DEFAULT_LANGUAGE, "")) if isinstance(label, dict) else str(label or "")
