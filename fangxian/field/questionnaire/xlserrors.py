"""What pyxform has against a workbook, in the reader's language: the cell and the mend.

Its sentences are English and have no stable code of their own, so the common ones are known by
their wording (pyxform 4); of any other the reader is told which cell to look at, and the sentence.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from fangxian.common.errors import Problem

# Where a sentence of pyxform says it is.
_ROW: Final = re.compile(r"\[row : (\d+)\]\s*")
_CELL: Final = re.compile(r"On the '(?P<sheet>[^']*)' sheet, the '(?P<column>[^']*)' value")


class _Saying(NamedTuple):
    """``pattern`` finds a sentence of pyxform; ``column`` names the cell where that does not."""

    pattern: str
    column: str
    message: str
    mend: str
    sheet: str = "survey"


_A_NAME: Final = gettext_noop(
    "Begin with a letter or “_”; then letters, digits, “_”, “-” or “.”, without spaces."
)
_ANOTHER: Final = gettext_noop("Write another name.")
_LIST: Final = gettext_noop(
    "Write it in the sheet “choices” (columns list_name, name, label), or correct the type."
)
_REFERENCE: Final = gettext_noop("Write ${name} with the name of a question of the sheet “survey”.")
_SAYINGS: Final = (
    _Saying(
        "Question with no type",
        "type",
        gettext_noop("The question has no type."),
        gettext_noop("Write one, such as text, integer or select_one, or empty the row."),
    ),
    _Saying(
        "Question or group with no name",
        "name",
        gettext_noop("The question has no name."),
        _A_NAME,
    ),
    _Saying(
        "Missing calculation",
        "calculation",
        gettext_noop("Nothing says how it is worked out."),
        gettext_noop("Write the expression."),
    ),
    _Saying(
        "Names must begin with a letter",
        "name",
        gettext_noop("This can’t be a name."),
        _A_NAME,
    ),
    _Saying(
        r"the 'name' value '(?P<what>[^']*)' is invalid\. (Questions|Repeat names must unique)",
        "name",
        gettext_noop("The name “%(what)s” stands there twice."),
        gettext_noop("Give each question a name of its own."),
    ),
    _Saying(
        r"the 'name' value '(?P<what>[^']*)' is invalid",
        "name",
        gettext_noop("The name “%(what)s” is taken by the form itself."),
        _ANOTHER,
    ),
    _Saying(
        "Choices must have a name",
        "name",
        gettext_noop("The choice has no name."),
        gettext_noop("Write one, of its own in its list."),
        "choices",
    ),
    _Saying(
        "Choice names must be unique",
        "name",
        gettext_noop("The name stands in its list twice."),
        gettext_noop("Give each choice of a list a name of its own."),
        "choices",
    ),
    _Saying(
        r"Choice names with spaces .*See \[(?P<what>.*)\] in \[(?P<in>.*)\]",
        "name",
        gettext_noop("The name “%(what)s” in the list “%(in)s” has a space."),
        gettext_noop("Write the names of choices without spaces; their labels may have them."),
        "choices",
    ),
    _Saying(
        r"List name not in (external )?choices sheet: (?P<what>.*)",
        "type",
        gettext_noop("The list “%(what)s” is not in the sheet “choices”."),
        _LIST,
    ),
    _Saying(
        "There should be a choices sheet",
        "type",
        gettext_noop("There is no sheet “choices”."),
        _LIST,
    ),
    _Saying(
        "Please specify choices for this 'or other'",
        "type",
        gettext_noop("The question has no choices."),
        _LIST,
    ),
    _Saying(
        "Choice filter not supported",
        "choice_filter",
        gettext_noop("A question with “or_other” or in a table can’t filter its choices."),
        gettext_noop("Empty the cell, or take “or_other” or “table-list” out."),
    ),
    _Saying(
        "Badly formatted table list",
        "type",
        gettext_noop("The questions of a table have different lists of choices."),
        gettext_noop(
            "Give them the same list, or take “table-list” out of the group’s appearance."
        ),
    ),
    _Saying(
        "Could not find the name '(?P<what>[^']*)'",
        "",
        gettext_noop("There is no question named “%(what)s”."),
        _REFERENCE,
    ),
    _Saying(
        "The name '(?P<what>[^']*)' appears more than once",
        "",
        gettext_noop("The name “%(what)s” that it refers to stands there twice."),
        gettext_noop("Give each question a name of its own."),
    ),
    _Saying(
        "Reference variable",
        "",
        gettext_noop("A reference to a question is not complete."),
        _REFERENCE,
    ),
    _Saying(
        "For the 'range' question type",
        "parameters",
        gettext_noop("The numbers of the range don’t fit together."),
        gettext_noop("Write numbers: start=0 end=10 step=1, the step not larger than the range."),
    ),
    _Saying(
        "The accepted parameter keys .* are '(?P<accepted>.*)'. The following .*: '(?P<what>.*)'",
        "parameters",
        gettext_noop("“%(what)s” is no parameter of this type."),
        gettext_noop("Take it out; the type knows: %(accepted)s."),
    ),
    _Saying(
        "Parameters must be in the form",
        "parameters",
        gettext_noop("This can’t be read as parameters."),
        gettext_noop("Write each as name=value, with spaces between them."),
    ),
    _Saying(
        "Unmatched 'end_(?P<what>[^']*)'",
        "type",
        gettext_noop("No “begin %(what)s” belongs to this “end %(what)s”."),
        gettext_noop("Take the row out, or write the row that begins it above."),
    ),
    _Saying(
        "Unmatched 'begin_(?P<what>[^']*)'",
        "type",
        gettext_noop("No “end %(what)s” belongs to this “begin %(what)s”."),
        gettext_noop("Write the row that ends it below."),
    ),
    _Saying(
        "different names for the same column were found: '(?P<what>[^']*)', '(?P<other>[^']*)'",
        "",
        gettext_noop("“%(what)s” and “%(other)s” are the same column."),
        gettext_noop("Put what is in both into one and take the other out."),
    ),
    _Saying(
        r"required column headers were not found: (?P<what>.*?)\. Learn",
        "",
        gettext_noop("Columns are missing: %(what)s."),
        gettext_noop("Write them in the first row of the sheet."),
    ),
    _Saying(
        "Column headers must not be empty",
        "",
        gettext_noop("The head of a column is empty or has a space."),
        gettext_noop("Write a head without spaces."),
    ),
)
_SHEET: Final = re.compile(r"headers provided for sheet: '(?P<sheet>[^']*)'")


def problems_of(text: str) -> Iterator[Problem]:
    """What a ``PyXFormError`` says, one problem a line that names a row."""
    for line in re.split(r"\n(?=\[row : )", text):
        yield _problem(" ".join(line.split()))


def _problem(line: str) -> Problem:
    row = found[1] if (found := _ROW.search(line)) else ""
    cell = _CELL.search(line) or _SHEET.search(line)
    named = cell.groupdict() if cell else {}
    for saying in _SAYINGS:
        if said := re.search(saying.pattern, line):
            values = {key: value or "" for key, value in said.groupdict().items()}
            sheet = named.get("sheet") or saying.sheet
            column = named.get("column") or saying.column
            message = _(saying.message) % values
            return _at(row, sheet, column, message, _(saying.mend) % values)
    said_there = _ROW.sub("", line)
    message = _("XLSForm does not know what is written there.")
    if not row and not named:
        message = _("The workbook is no XLSForm that can be read.")
    mend = _("Correct it; its checker says: “%(said)s”") % {"said": said_there}
    return _at(
        row, named.get("sheet", "survey" if row else ""), named.get("column", ""), message, mend
    )


def _at(row: str, sheet: str, column: str, message: str, mend: str) -> Problem:
    where = {"row": row, "sheet": sheet, "column": column, "what": message}
    if row and column:
        text = _("Row %(row)s of the sheet “%(sheet)s”, column “%(column)s”: %(what)s") % where
    elif row:
        text = _("Row %(row)s of the sheet “%(sheet)s”: %(what)s") % where
    elif sheet and column:
        text = _("Sheet “%(sheet)s”, column “%(column)s”: %(what)s") % where
    elif sheet:
        text = _("Sheet “%(sheet)s”: %(what)s") % where
    else:
        text = message
    return Problem(text, mend=mend, code="xlsform")
