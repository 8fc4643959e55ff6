"""XLSForm: a questionnaire written as a workbook, as survey designers do it.

The workbook is read by ``common.sheets`` (in its capped subprocess), checked and understood by
pyxform, and turned into our schema. What we can't show is refused with its name, never dropped.
Source: XLSForm reference (xlsform.org).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from django.utils.translation import gettext as _

from fangxian.common.errors import Invalid, Problem
from fangxian.common.sheets import Workbook, cell_text
from fangxian.field.questionnaire.schema import DEFAULT_LANGUAGE

SHEETS: Final = ("survey", "choices", "settings")
KINDS: Final[Mapping[str, str]] = {
    "select one": "choice",
    "select all that apply": "choices",
    "text": "text",
    "integer": "integer",
    "decimal": "decimal",
    "date": "date",
    "note": "note",
    "photo": "photo",
    "image": "photo",
    "geopoint": "position",
    "barcode": "barcode",
    "repeat": "repeat",
}
# What pyxform or survey designers add that asks nothing at the door.
SILENT: Final = frozenset(
    {"start", "end", "today", "deviceid", "username", "phonenumber", "email", "audit", "calculate"}
)
_LANGUAGE: Final = re.compile(r"\(([A-Za-z-]+)\)\s*$")
_LANGUAGES: Final[Mapping[str, str]] = {
    "zh": "zh-hans",
    "zh-cn": "zh-hans",
    "zh-hans": "zh-hans",
    "zh-tw": "zh-hant",
    "zh-hk": "zh-hant",
    "zh-hant": "zh-hant",
    "en": "en",
}


def _rows(workbook: Workbook, name: str) -> tuple[list[dict[str, str]], list[dict[str, Any]]]:
    """The rows of a sheet by header, and the header as pyxform wants it."""
    for sheet in workbook.sheets:
        if sheet.name.strip().lower() == name and sheet.rows:
            header = [cell_text(cell).strip() for cell in sheet.rows[0]]
            rows = []
            for cells in sheet.rows[1:]:
                row = {h: cell_text(c).strip() for h, c in zip(header, cells, strict=False) if h}
                rows.append({key: value for key, value in row.items() if value})
            return rows, [{h: None for h in header if h}]
    return [], []


def _texts(value: Any) -> dict[str, str]:
    if isinstance(value, str):
        return {DEFAULT_LANGUAGE: value}
    texts: dict[str, str] = {}
    for name, text in (value or {}).items():
        match = _LANGUAGE.search(name)
        code = (match.group(1) if match else name).lower()
        texts[_LANGUAGES.get(code, DEFAULT_LANGUAGE)] = str(text)
    return texts


def _yes(value: Any) -> bool:
    return str(value or "").strip().lower() in {"yes", "true", "true()", "1"}


def _both(outer: str, own: str) -> str:
    return f"({outer}) and ({own})" if outer and own else outer or own


class _Translator:
    def __init__(self, choices: Mapping[str, Any]) -> None:
        self.choices = choices
        self.problems: list[Problem] = []

    def block(self, rows: Sequence[Mapping[str, Any]], outer: str = "") -> Iterator[dict[str, Any]]:
        for row in rows:
            yield from self.question(row, outer)

    def question(self, row: Mapping[str, Any], outer: str) -> Iterator[dict[str, Any]]:
        kind, name = str(row.get("type", "")), str(row.get("name", ""))
        bind = row.get("bind") or {}
        relevant = _both(outer, str(bind.get("relevant") or ""))
        if kind == "group":
            # A group only gathers; its condition goes to each question in it.
            yield from self.block(row.get("children") or [], relevant)
            return
        if kind in SILENT:
            return
        if kind not in KINDS:
            self.problems.append(
                Problem(
                    _("Questions of the type “%(kind)s” can’t be asked here.") % {"kind": kind},
                    field=name,
                    mend=_("Take one of: %(kinds)s.") % {"kinds": ", ".join(sorted(KINDS))},
                    code="question",
                )
            )
            return
        question: dict[str, Any] = {
            "name": name.lower(),
            "kind": KINDS[kind],
            "label": _texts(row.get("label")),
            "hint": _texts(row.get("hint")),
            "required": _yes(bind.get("required")),
            "relevant": relevant,
            "constraint": str(bind.get("constraint") or ""),
            "constraint_message": _texts(bind.get("jr:constraintMsg")),
        }
        if kind.startswith("select"):
            listed = row.get("choices") or self.choices.get(str(row.get("list_name")), [])
            question["options"] = [
                {"code": str(choice["name"]), "label": _texts(choice.get("label"))}
                for choice in listed
            ]
        if kind == "repeat":
            question["questions"] = list(self.block(row.get("children") or []))
        yield question


def read_xlsform(workbook: Workbook) -> tuple[str, dict[str, Any]]:
    """Return the form's title and its schema (as for ``parse_questionnaire``).

    Raises Invalid naming what pyxform or we can't take, and the mend.
    """
    # Slow to load (it brings numpy), and forms are seldom read from workbooks.
    from pyxform.errors import PyXFormError
    from pyxform.xls2json import workbook_to_json
    from pyxform.xls2json_backends import DefinitionData

    sheets: dict[str, Any] = {}
    for name in SHEETS:
        rows, header = _rows(workbook, name)
        if header:
            sheets |= {name: rows, f"{name}_header": header}
    if "survey" not in sheets:
        raise Invalid(
            Problem(
                _("The workbook has no sheet named “survey”."),
                mend=_("Write the questions in a sheet of that name, as XLSForm asks."),
                code="xlsform",
            )
        )
    try:
        survey = workbook_to_json(
            DefinitionData(**sheets, sheet_names=[sheet.name for sheet in workbook.sheets]),
            form_name="form",
        )
    except PyXFormError as error:
        raise Invalid(
            Problem(str(error), mend=_("Correct the workbook and import it again."), code="xlsform")
        ) from error
    translator = _Translator(survey.get("choices") or {})
    schema = {"questions": list(translator.block(survey.get("children") or []))}
    if translator.problems:
        raise Invalid(*translator.problems)
    return str(survey.get("title") or ""), schema
