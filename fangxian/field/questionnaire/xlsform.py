"""XLSForm: a questionnaire written as a workbook, as survey designers do it.

The workbook is read by ``common.sheets`` (in its capped subprocess), checked and understood by
pyxform, and turned into our schema. What we can't ask is refused with its row and name, never
dropped. Left aside are only what changes nothing that is asked: appearances, the text shown when a
required answer is missing (ours is shown), columns that XLSForm does not know, and what each visit
keeps anyway (who, when).
Source: XLSForm reference (xlsform.org).
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence, Set
from functools import cache
from pathlib import Path
from typing import Any, Final

from django.utils.translation import gettext as _

from fangxian.common.errors import Invalid, Problem
from fangxian.common.sheets import Workbook, cell_text
from fangxian.field.questionnaire.expression import (
    ExpressionError,
    columns_of,
    compile_expression,
)
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
    "geopoint": "position",
    "barcode": "barcode",
    "repeat": "repeat",
}
# Each visit keeps when, by whom and from where it was recorded.
SILENT: Final = frozenset({"start", "end", "today", "deviceid", "username"})
# Columns whose meaning would be lost.
REFUSED: Final = frozenset(
    {
        "audio",
        "autoplay",
        "big-image",
        "bind",
        "body",
        "calculate",
        "calculation",
        "control",
        "count",
        "default",
        "guidance_hint",
        "image",
        "instance",
        "intent",
        "jr",
        "media",
        "parameters",
        "query",
        "read_only",
        "readonly",
        "repeat_count",
        "save_to",
        "trigger",
        "video",
    }
)
# What pyxform keeps of a choice that is not a cell of its own.
_NO_COLUMN: Final = frozenset({"label", "media"})
_YES: Final = frozenset({"yes", "true", "true()"})
_NO: Final = frozenset({"", "no", "false", "false()"})
_NAMED: Final = re.compile(r"\$\{\s*([^}\s]+)\s*\}")
# How pyxform names the question of an `or_other`.
_BESIDE: Final = re.compile(r"\.\./(\w+)")
# What survey designers call languages: the whole name, or a code in brackets at its end.
_CODE: Final = re.compile(r"\(([A-Za-z-]+)\)$")
_TEXTS: Final = frozenset({"label", "hint", "constraint_message"})


def _plain(language: str) -> str:
    name = unicodedata.normalize("NFKC", language).replace("_", "-")
    return re.sub(r"\s+", "", name).lower()


@cache
def _languages() -> dict[str, str]:
    names = json.loads((Path(__file__).parents[1] / "data" / "languages.json").read_text("utf-8"))
    return {_plain(name): code for code, every in names.items() for name in every}


def language_of(name: str) -> str:
    """Our code of a language as a workbook names it: ``简体中文``, ``Chinese (zh)``, ``English``.

    One that we don't know keeps its own code or name: it never overwrites another's text.
    """
    plain = _plain(name)
    match = _CODE.search(plain)
    code = match.group(1) if match else plain
    known = _languages()
    return known.get(plain) or known.get(code) or code


def _rows(workbook: Workbook, name: str) -> tuple[list[dict[str, str]], list[dict[str, Any]]]:
    """The rows of a sheet by header (the first is row 2), and the header as pyxform wants it."""
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
    given = {str(name): str(text) for name, text in (value or {}).items()}
    unnamed = given.pop("default", None)
    texts: dict[str, str] = {}
    for name, text in given.items():
        texts.setdefault(language_of(name), text)
    return texts if unnamed is None else {DEFAULT_LANGUAGE: unnamed, **texts}


def _logic(value: Any) -> str:
    """An expression that names the questions as we do, in small letters."""
    named = _BESIDE.sub(r"${\1}", str(value or ""))
    return _NAMED.sub(lambda found: "${" + found.group(1).lower() + "}", named)


def _lost(rows: Sequence[Mapping[str, str]], sheet: str) -> Iterator[Problem]:
    """What stands in a column that we can't follow, by row."""
    for at, row in enumerate(rows, start=2):
        for header, value in row.items():
            column = header.split(":")[0].strip().lower()
            if column == "choice_filter" and not row.get("type", "").startswith("select"):
                message = _("“choice_filter” belongs to a question with choices.")
                yield _at(sheet, at, row, message, _("Empty the cell."))
            elif column in REFUSED and value.lower() not in _NO:
                message = _("The column “%(column)s” can’t be followed here.") % {"column": header}
                yield _at(sheet, at, row, message, _("Empty the cell, or ask it in another way."))
            elif column in _TEXTS and _NAMED.search(value):
                message = _("The text refers to an answer: “%(what)s”.") % {
                    "what": _NAMED.findall(value)[0]
                }
                mend = _("Write the text without ${…}; it is shown as it stands.")
                yield _at(sheet, at, row, message, mend)
            elif column == "required" and value.lower() not in _YES | _NO:
                message = _("“required” is a condition: “%(value)s”.") % {"value": value}
                mend = _("Write “yes” or “no”; a condition belongs in “relevant”.")
                yield _at(sheet, at, row, message, mend)


def _at(sheet: str, at: int | None, row: Mapping[str, Any], message: str, mend: str) -> Problem:
    name = str(row.get("name", ""))
    if at is not None:
        where = {"row": at, "sheet": sheet, "name": name or "–", "what": message}
        message = _("Row %(row)s of the sheet “%(sheet)s” (%(name)s): %(what)s") % where
    return Problem(message, field=name, mend=mend, code="question")


def _both(outer: str, own: str) -> str:
    return f"({outer}) and ({own})" if outer and own else outer or own


class _Translator:
    def __init__(self, choices: Mapping[str, Any], rows: Sequence[Mapping[str, str]]) -> None:
        self.choices = choices
        self.at = {row["name"]: at for at, row in enumerate(rows, start=2) if "name" in row}
        self.problems: list[Problem] = []

    def block(self, rows: Sequence[Mapping[str, Any]], outer: str = "") -> Iterator[dict[str, Any]]:
        for row in rows:
            yield from self.question(row, outer)

    def question(self, row: Mapping[str, Any], outer: str) -> Iterator[dict[str, Any]]:
        kind, name = str(row.get("type", "")), str(row.get("name", ""))
        bind = row.get("bind") or {}
        relevant = _both(outer, self.logic(row, "relevant", bind.get("relevant")))
        if kind == "group":
            # A group only gathers: its condition goes to each question in it, its name is read out.
            if name == "meta":
                return
            if row.get("label"):
                yield {
                    "name": name.lower(),
                    "kind": "note",
                    "label": _texts(row["label"]),
                    "relevant": relevant,
                }
            yield from self.block(row.get("children") or [], relevant)
            return
        if kind in SILENT:
            return
        if kind not in KINDS:
            message = _("Questions of the type “%(kind)s” can’t be asked here.") % {"kind": kind}
            mend = _("Take one of: %(kinds)s.") % {"kinds": ", ".join(sorted(KINDS))}
            self.problems.append(_at("survey", self.at.get(name), row, message, mend))
            return
        question: dict[str, Any] = {
            "name": name.lower(),
            "kind": KINDS[kind],
            "label": _texts(row.get("label")),
            "hint": _texts(row.get("hint")),
            "required": str(bind.get("required") or "").lower() in _YES,
            "relevant": relevant,
            "constraint": self.logic(row, "constraint", bind.get("constraint")),
            "constraint_message": _texts(bind.get("jr:constraintMsg")),
        }
        if kind.startswith("select"):
            listed = row.get("choices") or self.choices.get(str(row.get("list_name")), [])
            question |= self.choices_of(row, listed)
        if kind == "repeat":
            question["questions"] = list(self.block(row.get("children") or []))
        yield question

    def logic(
        self, row: Mapping[str, Any], column: str, source: Any, columns: Set[str] | None = None
    ) -> str:
        """The expression in a cell, with our names; one that we can't follow is a problem."""
        text = _logic(source)
        try:
            if text:
                compile_expression(text, columns)
        except ExpressionError as error:
            at = self.at.get(str(row.get("name", "")))
            mend = _("Correct the expression, or ask it in another way.")
            self.problems.append(_at("survey", at, row, f"{column}: {error}", mend))
            return ""
        return text

    def choices_of(self, row: Mapping[str, Any], listed: Sequence[Any]) -> dict[str, Any]:
        """The options of a question, with the columns by which it filters them."""
        known = {"name", *(key for choice in listed for key in choice)} - _NO_COLUMN
        chosen = self.logic(row, "choice_filter", row.get("choice_filter"), known)
        used = columns_of(compile_expression(chosen, known)) - {"name"} if chosen else set()
        options: list[dict[str, Any]] = []
        for choice in listed:
            option = {"code": str(choice["name"]), "label": _texts(choice.get("label"))}
            if used:
                option["values"] = {column: str(choice.get(column, "")) for column in sorted(used)}
            options.append(option)
        return {"options": options, "choice_filter": chosen} if chosen else {"options": options}


def read_xlsform(workbook: Workbook) -> tuple[str, dict[str, Any]]:
    """Return the form's title and its schema (as for ``parse_questionnaire``).

    Raises Invalid naming what pyxform or we can't take, and the mend.
    """
    # Slow to load (it brings numpy), and forms are seldom read from workbooks.
    from pyxform.errors import PyXFormError
    from pyxform.xls2json import workbook_to_json
    from pyxform.xls2json_backends import DefinitionData

    sheets: dict[str, Any] = {}
    given: dict[str, list[dict[str, str]]] = {}
    for name in SHEETS:
        rows, header = _rows(workbook, name)
        given[name] = rows
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
    lost = [problem for name in ("survey", "choices") for problem in _lost(given[name], name)]
    translator = _Translator(survey.get("choices") or {}, given["survey"])
    schema = {"questions": list(translator.block(survey.get("children") or []))}
    if lost or translator.problems:
        raise Invalid(*lost, *translator.problems)
    return str(survey.get("title") or ""), schema
