"""XLSForm: a questionnaire written as a workbook, as survey designers do it.

The workbook is read by ``common.sheets``, checked and understood by pyxform (each in a capped
subprocess), and turned into our schema. What we can't ask is refused with its row and name, never
dropped. Left aside are only what changes nothing that is asked: appearances, the text shown when a
required answer is missing (ours is shown), columns that XLSForm does not know, and what each visit
keeps anyway (who, when).
Source: XLSForm reference (xlsform.org).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence, Set
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from fangxian.common.errors import Invalid, Problem
from fangxian.common.sheets import Workbook, cell_text
from fangxian.field.questionnaire.expression import (
    ExpressionError,
    columns_of,
    compile_expression,
)
from fangxian.field.questionnaire.languages import in_each_language, language_of
from fangxian.field.questionnaire.pyxforms import NotTaken, survey_of
from fangxian.field.questionnaire.schema import DEFAULT_LANGUAGE, parse_questionnaire
from fangxian.field.questionnaire.xlserrors import problems_of

SHEETS: Final = ("survey", "choices", "settings")
# What pyxform has understood in its subprocess becomes a form in this one. The longest surveys in
# use ask some hundreds of questions; a list of all places of a county has some thousand choices.
MOST_ROWS: Final[Mapping[str, int]] = {"survey": 2_000, "choices": 20_000, "settings": 100}
# Each question has its own copy of the list that it offers.
MOST_OFFERED: Final = 60_000
KINDS: Final[Mapping[str, str]] = {
    "select one": "choice",
    "select all that apply": "choices",
    "acknowledge": "choices",
    "text": "text",
    "string": "text",
    "integer": "integer",
    "int": "integer",
    "range": "decimal",
    "decimal": "decimal",
    "date": "date",
    "time": "time",
    "datetime": "datetime",
    "note": "note",
    "geopoint": "position",
    "barcode": "barcode",
    "image": "photo",
    "photo": "photo",
    "calculate": "calculate",
    "hidden": "calculate",
    "repeat": "repeat",
}
# What a row may be written as; the others are older names of these.
OFFERED: Final = (
    "acknowledge, barcode, calculate, date, dateTime, decimal, geopoint, hidden, image, integer,"
    " note, range, select_multiple, select_one, text, time"
)
# Each visit keeps when, by whom and from where it was recorded; of these what logic refers to is
# worked out, the others are of a device.
SILENT: Final[Mapping[str, str]] = {
    "start": "now()",
    "end": "now()",
    "today": "today()",
    "deviceid": "",
    "username": "",
    "phonenumber": "",
    "email": "",
    "simserial": "",
    "subscriberid": "",
    "audit": "",
}
# Columns whose meaning would be lost.
REFUSED: Final = frozenset(
    {
        "audio",
        "autoplay",
        "big-image",
        "bind",
        "body",
        "control",
        "image",
        "instance",
        "intent",
        "jr",
        "media",
        "query",
        "save_to",
        "trigger",
        "video",
    }
)
# Parameters that change nothing that is asked.
_HARMLESS: Final = frozenset({"rows", "max-pixels", "capture-accuracy", "warning-accuracy"})
_RANGE: Final = frozenset({"start", "end", "step", "tick_interval", "placeholder"})
# What pyxform keeps of a choice that is not a cell of its own.
_NO_COLUMN: Final = frozenset({"label", "media"})
_YES: Final = frozenset({"yes", "true", "true()"})
_NO: Final = frozenset({"", "no", "false", "false()"})
_NAMED: Final = re.compile(r"\$\{\s*([^}\s]+)\s*\}")
# How pyxform names the question of an `or_other`.
_BESIDE: Final = re.compile(r"\.\./(\w+)")
# What pyxform adds for a table of choices, to draw its head.
_HEAD_OF_TABLE: Final = "reserved_name_for_field_list_labels_"


def _rows(workbook: Workbook, name: str) -> tuple[list[dict[str, str]], list[dict[str, Any]]]:
    """The rows of a sheet by header (the first is row 2), and the header as pyxform wants it."""
    for sheet in workbook.sheets:
        if sheet.name.strip().lower() == name and sheet.rows:
            header = [_header(cell_text(cell)) for cell in sheet.rows[0]]
            rows = []
            for cells in sheet.rows[1:]:
                row = {h: cell_text(c).strip() for h, c in zip(header, cells, strict=False) if h}
                rows.append({key: value for key, value in row.items() if value})
            return rows, [{h: None for h in header if h}]
    return [], []


def _refuse_long(workbook: Workbook) -> None:
    """Raise Invalid for sheets of more rows than a form has: nobody is asked that much."""
    mends = {
        "survey": _("Make several forms of it."),
        "choices": _("Leave out the choices that no question offers."),
        "settings": _("Leave one row below the header."),
    }
    problems = [
        Problem(
            _("The sheet “%(sheet)s” has %(n)d rows; at most %(most)d are taken in.")
            % {"sheet": name, "n": len(sheet.rows) - 1, "most": MOST_ROWS[name]},
            mend=mends[name],
            code="xlsform",
        )
        for sheet in workbook.sheets
        if (name := sheet.name.strip().lower()) in MOST_ROWS
        and len(sheet.rows) - 1 > MOST_ROWS[name]
    ]
    if problems:
        raise Invalid(*problems)


def _header(text: str) -> str:
    """``Label::English (en)`` is ``label`` of a language, whose name stays as it is."""
    column, colon, language = text.strip().partition(":")
    return column.strip().lower() + colon + language


def _texts(value: Any) -> dict[str, str]:
    if isinstance(value, str):
        return {DEFAULT_LANGUAGE: _named(value)}
    given = {str(name): _named(str(text)) for name, text in (value or {}).items()}
    unnamed = given.pop("default", None)
    texts: dict[str, str] = {}
    for name, text in given.items():
        texts.setdefault(language_of(name), text)
    return texts if unnamed is None else {DEFAULT_LANGUAGE: unnamed, **texts}


def _named(text: str) -> str:
    """A text that names the questions as we do, in small letters."""
    return _NAMED.sub(lambda found: "${" + found.group(1).lower() + "}", text)


def _logic(value: Any) -> str:
    return _named(_BESIDE.sub(r"${\1}", str(value or "")))


def _lost(rows: Sequence[Mapping[str, str]], sheet: str) -> Iterator[Problem]:
    """What stands in a column that we can't follow, by row."""
    for at, row in enumerate(rows, start=2):
        if row.get("disabled", "").lower() in _YES:
            continue
        for header, value in row.items():
            column = header.split(":")[0].strip()
            asks = row.get("type", "").lower()
            if column == "choice_filter" and not asks.startswith("select"):
                message = _("“choice_filter” belongs to a question with choices.")
                yield _at(sheet, at, row, message, _("Empty the cell."))
            elif column == "appearance" and "search(" in value:
                message = _("appearance: choices can’t be looked up in another file.")
                yield _at(sheet, at, row, message, _("Write them in the sheet “choices”."))
            elif column in REFUSED and header != "jr:count" and value.lower() not in _NO:
                message = _("The column “%(column)s” can’t be followed here.") % {"column": header}
                yield _at(sheet, at, row, message, _("Empty the cell, or ask it in another way."))
            elif sheet == "choices" and column == "label" and _NAMED.search(value):
                message = _("The text refers to an answer: “%(what)s”.") % {
                    "what": _NAMED.findall(value)[0]
                }
                mend = _("Write the text without ${…}; it is shown as it stands.")
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
    """The questions of a survey, each with the row of the sheet that it comes from."""

    def __init__(
        self,
        choices: Mapping[str, Any],
        rows: Sequence[Mapping[str, str]],
        listed: Sequence[Mapping[str, str]],
    ) -> None:
        self.choices = choices
        self.rows = rows
        self.written = {(row.get("list_name"), row.get("name")) for row in listed}
        self.rows_of: dict[str, list[int]] = {}
        for at, row in enumerate(rows, start=2):
            if "name" in row and not row.get("type", "").lower().startswith("end"):
                self.rows_of.setdefault(row["name"], []).append(at)
        cells = [value for row in rows for value in row.values()]
        self.referred = {name.lower() for value in cells for name in _NAMED.findall(value)}
        # Where each question of the schema was written, in the order in which it is read.
        self.order: list[tuple[int, str]] = []
        self.counts: dict[str, str] = {}
        self.at = 1
        self.offered = 0
        self.problems: list[Problem] = []

    def block(self, rows: Sequence[Mapping[str, Any]], outer: str = "") -> Iterator[dict[str, Any]]:
        for row in rows:
            self.go_to(row)
            yield from self.question(row, outer)

    def go_to(self, row: Mapping[str, Any]) -> None:
        """The row of the sheet; what pyxform adds belongs to the row before it."""
        if waiting := self.rows_of.get(str(row.get("name", ""))):
            self.at = waiting.pop(0)

    def problem(self, row: Mapping[str, Any], message: str, mend: str) -> None:
        self.problems.append(_at("survey", self.at, row, message, mend))

    def question(self, row: Mapping[str, Any], outer: str) -> Iterator[dict[str, Any]]:
        kind, name = str(row.get("type", "")), str(row.get("name", ""))
        bind = row.get("bind") or {}
        if name == "meta" or name.startswith(_HEAD_OF_TABLE):
            return
        if kind == "calculate" and self.is_count(name):
            self.counts[name] = str(bind.get("calculate") or "")
            return
        relevant = _both(outer, self.logic(row, "relevant", bind.get("relevant")))
        if kind == "group":
            # A group only gathers: its condition goes to each question in it, its name is read out.
            if row.get("label"):
                yield self.asked(name, "note", row, relevant=relevant)
            yield from self.block(row.get("children") or [], relevant)
            return
        if kind in SILENT:
            if SILENT[kind] and name.lower() in self.referred:
                yield self.asked(name, "calculate", {}, calculation=SILENT[kind])
            return
        ours = KINDS.get(kind) or KINDS.get(kind.lower())
        if ours is None:
            self.unknown(row, kind)
            return
        if kind == "hidden" and not row.get("default") and not bind.get("calculate"):
            return
        question = self.asked(name, ours, row, relevant=relevant)
        question |= self.required(row, ours, bind.get("required"))
        question |= {
            "constraint": self.logic(row, "constraint", bind.get("constraint")),
            "constraint_message": _texts(bind.get("jr:constraintMsg")),
        }
        if kind == "range":
            question |= self.range_of(row, question)
        elif row.get("parameters"):
            self.parameters(row, _HARMLESS)
        if kind == "acknowledge":
            option = {"code": "OK", "label": in_each_language(lambda: _("Confirmed"))}
            question["options"] = [option]
        if kind.startswith("select"):
            question |= self.choices_of(row)
        if kind == "repeat":
            question |= self.count_of(row)
            question["questions"] = list(self.block(row.get("children") or []))
        else:
            question |= self.begins_with(row, kind, question["kind"])
        yield question

    def asked(self, name: str, kind: str, row: Mapping[str, Any], **more: Any) -> dict[str, Any]:
        self.order.append((self.at, name))
        label = row.get("label")
        texts = _texts(label)
        if label == "Specify other." and name not in {one.get("name") for one in self.rows}:
            texts = in_each_language(lambda: _("Other, namely:"))
        hint = _texts(row.get("hint"))
        for language, text in _texts(row.get("guidance_hint")).items():
            hint[language] = " ".join(filter(None, (hint.get(language), text)))
        if not texts and kind not in ("calculate", "repeat"):
            # A hint alone is what is read out.
            texts, hint = hint, {}
        return {"name": name.lower(), "kind": kind, "label": texts, "hint": hint, **more}

    def is_count(self, name: str) -> bool:
        """Whether it is the number of a repeat's rows, which pyxform asks before it."""
        written = any(row.get("name") == name for row in self.rows)
        return not written and name.endswith("_count")

    def unknown(self, row: Mapping[str, Any], kind: str) -> None:
        written = self.rows[self.at - 2].get("type", kind) if self.at > 1 else kind
        message = _("Questions of the type “%(kind)s” can’t be asked here.") % {"kind": written}
        mend = _("Leave the row out, or ask it as one of: %(kinds)s.") % {"kinds": OFFERED}
        if kind in ("geotrace", "geoshape"):
            mend = _("Ask with “geopoint” for one point, or leave the row out.")
        elif kind == "rank":
            mend = _("Ask with “select_one” what comes first, and in a row of its own what next.")
        self.problem(row, message, mend)

    def required(self, row: Mapping[str, Any], kind: str, given: Any) -> dict[str, Any]:
        value = str(given or "")
        if value.lower() in _NO:
            return {}
        if kind in ("note", "calculate"):
            message = _("required: nothing is answered here.")
            mend = _("Empty the cell; what must not be goes into the constraint of a question.")
            self.problem(row, message, mend)
            return {}
        if value.lower() in _YES:
            return {"required": True}
        return {"required": self.logic(row, "required", value)}

    def count_of(self, row: Mapping[str, Any]) -> dict[str, Any]:
        given = str((row.get("control") or {}).get("jr:count") or "")
        if not given:
            return {}
        generated = _NAMED.fullmatch(given.strip())
        source = self.counts.get(generated[1], given) if generated else given
        return {"count": self.logic(row, "repeat_count", source)}

    def begins_with(self, row: Mapping[str, Any], kind: str, ours: str) -> dict[str, Any]:
        """What is there before anybody answers: a default, a calculation."""
        bind = row.get("bind") or {}
        calculated, given = bind.get("calculate"), row.get("default")
        locked = str(bind.get("readonly") or "").lower()
        if locked not in _YES | _NO:
            message = _("read_only is a condition: “%(value)s”.") % {"value": locked}
            self.problem(row, message, _("Write “yes” or “no”."))
        # A calculation's label is its author's note; a locked question shows what comes out.
        shown = "calculate" if ours == "calculate" else "result"
        fixed = ours in ("calculate", "note") or locked in _YES
        if calculated:
            if not fixed:
                message = _("calculation: it would overwrite what is answered.")
                mend = _("Write “yes” under read_only, or take the type “calculate”.")
                self.problem(row, message, mend)
            column = "calculation"
            return {"kind": shown, "calculation": self.logic(row, column, calculated)}
        if given is None:
            return {"kind": "note"} if fixed and ours != "calculate" else {}
        if ours == "photo":
            message = _("default: a photo is taken at the door.")
            self.problem(row, message, _("Empty the cell."))
            return {}
        dynamic = bool(row.get("_dynamic_default"))
        if fixed:
            source = str(given) if dynamic else _quoted(str(given))
            return {"kind": shown, "calculation": self.logic(row, "default", source)}
        if not dynamic:
            return {"default": str(given).split() if ours == "choices" else str(given)}
        if _NAMED.search(str(given)):
            message = _("default: it refers to an answer that is not there yet.")
            mend = _("Empty the cell, or take the type “calculate”.")
            self.problem(row, message, mend)
            return {}
        return {"default_value": self.logic(row, "default", given)}

    def parameters(self, row: Mapping[str, Any], known: Set[str]) -> Mapping[str, str]:
        given: Mapping[str, str] = row.get("parameters") or {}
        for name in sorted(set(given) - known):
            message = _("parameters: “%(name)s” can’t be followed here.") % {"name": name}
            self.problem(row, message, _("Take it out of the cell."))
        return given

    def range_of(self, row: Mapping[str, Any], question: Mapping[str, Any]) -> dict[str, Any]:
        """A range is a number from a start to an end, in steps."""
        given = self.parameters(row, _RANGE)
        start, end, step = (
            given.get(k, v) for k, v in (("start", "1"), ("end", "10"), ("step", "1"))
        )
        bounds = f". >= {start} and . <= {end}"
        if all(re.fullmatch(r"-?\d+", value) for value in (start, step)):
            bounds += f" and (. - {start}) mod {step} = 0"
        found: dict[str, Any] = {"constraint": _both(bounds, str(question["constraint"]))}
        self.logic(row, "parameters", bounds)
        if not question["constraint_message"]:
            values = {"start": start, "end": end, "step": step}
            found["constraint_message"] = in_each_language(
                lambda: _("From %(start)s to %(end)s, in steps of %(step)s.") % values
            )
        return found

    def logic(
        self, row: Mapping[str, Any], column: str, source: Any, columns: Set[str] | None = None
    ) -> str:
        """The expression in a cell, with our names; one that we can't follow is a problem."""
        text = _logic(source)
        try:
            if text:
                compile_expression(text, columns)
        except ExpressionError as error:
            mend = _("Correct the expression, or ask it in another way.")
            self.problem(row, f"{column}: {error}", mend)
            return ""
        return text

    def choices_of(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """The options of a question, with the columns by which it filters them."""
        list_name = str(row.get("list_name") or row.get("itemset") or "")
        listed = row.get("choices") or self.choices.get(list_name, [])
        if not listed:
            message = _("The choices “%(name)s” are not in this workbook.") % {"name": list_name}
            mend = _("Write them in the sheet “choices” and take select_one or select_multiple.")
            self.problem(row, message, mend)
            # Nothing more is said of it.
            listed = [{"name": "-", "label": "-"}]
        self.offered += len(listed)
        if self.offered > MOST_OFFERED:
            message = _("With this question the form offers more than %(most)d choices.")
            mend = _("Shorten the lists that many questions offer, or make several forms of it.")
            raise Invalid(_at("survey", self.at, row, message % {"most": MOST_OFFERED}, mend))
        known = {"name", *(key for choice in listed for key in choice)} - _NO_COLUMN
        chosen = self.logic(row, "choice_filter", row.get("choice_filter"), known)
        used = columns_of(compile_expression(chosen, known)) - {"name"} if chosen else set()
        options: list[dict[str, Any]] = []
        for choice in listed:
            code = str(choice["name"])
            label = _texts(choice.get("label")) or {DEFAULT_LANGUAGE: code}
            if code == "other" and (list_name, code) not in self.written:
                label = in_each_language(lambda: pgettext("choice", "Other"))
            option = {"code": code, "label": label}
            if used:
                option["values"] = {column: str(choice.get(column, "")) for column in sorted(used)}
            options.append(option)
        return {"options": options, "choice_filter": chosen} if chosen else {"options": options}

    def in_sheet(self, problem: Problem) -> Problem:
        """A problem of the schema, by the row of the sheet that its question comes from."""
        at, name = self.order[(problem.row or 1) - 1]
        return _at("survey", at, {"name": name}, problem.message, problem.mend)


def _quoted(text: str) -> str:
    return f'"{text}"' if "'" in text else f"'{text}'"


def read_xlsform(workbook: Workbook) -> tuple[str, dict[str, Any]]:
    """Return the form's title and its schema (as for ``parse_questionnaire``).

    Raises Invalid naming what pyxform or we can't take, and the mend; SheetError when it can't be
    understood within the caps.
    """
    _refuse_long(workbook)
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
        survey = survey_of(sheets | {"sheet_names": [sheet.name for sheet in workbook.sheets]})
    except NotTaken as error:
        raise Invalid(*problems_of(str(error))) from error
    lost = [problem for name in ("survey", "choices") for problem in _lost(given[name], name)]
    translator = _Translator(survey["choices"], given["survey"], given["choices"])
    schema = {"questions": list(translator.block(survey["children"]))}
    if lost or translator.problems:
        raise Invalid(*lost, *translator.problems)
    try:
        parse_questionnaire(schema)
    except Invalid as error:
        raise Invalid(*map(translator.in_sheet, error.problems)) from error
    # pyxform would name a form that has no title.
    settings = given["settings"][0] if given["settings"] else {}
    return settings.get("form_title") or settings.get("title") or "", schema
