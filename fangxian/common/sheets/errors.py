"""What can be wrong with a file or a cell, in words that name the mend.

A code is stable and may be stored (import runs keep it); message and mend are translated when
shown. Parameters never carry a personal identifier: an error message ends up in logs, screens and
workbooks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Text = str | Promise


class SheetError(Exception):
    """A file that cannot be read, or a workbook that cannot be written.

    `code` is a key of `FILE_MESSAGES`; `params` fill its message (sheet, row, limit …).
    """

    def __init__(self, code: str, **params: Any) -> None:
        if code not in FILE_MESSAGES:
            raise KeyError(code)
        super().__init__(code, params)
        self.code = code
        self.params: Mapping[str, Any] = params

    @property
    def message(self) -> str:
        """What is wrong, translated."""
        return _fill(FILE_MESSAGES[self.code][0], self.params)

    @property
    def mend(self) -> str:
        """What the person can do about it, translated."""
        return _fill(FILE_MESSAGES[self.code][1], self.params)

    def __str__(self) -> str:
        return f"{self.code} {dict(self.params)}" if self.params else self.code


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one cell. `code` is a key of `CELL_MESSAGES`; `params` fill its texts."""

    code: str
    params: Mapping[str, Any] = field(default_factory=dict)

    @property
    def message(self) -> str:
        """What is wrong, translated, without the value itself."""
        return _fill(CELL_MESSAGES[self.code][0], self.params)

    @property
    def mend(self) -> str:
        """What to write into the cell instead, translated."""
        return _fill(CELL_MESSAGES[self.code][1], self.params)

    def __str__(self) -> str:
        return f"{self.message} {self.mend}"


def _fill(text: Text, params: Mapping[str, Any]) -> str:
    if "kind" in params:
        params = {**params, "kind": FILE_KINDS.get(params["kind"], params["kind"])}
    return str(text) % params if params else str(text)


# What a file may be instead of a spreadsheet, as the reader names it.
FILE_KINDS: Final[dict[str, Text]] = {
    "picture": _("picture"),
    "PDF": _("PDF document"),
    "RTF": _("RTF document"),
    "Word": _("Word document"),
    "PowerPoint": _("PowerPoint document"),
    "Numbers": _("Numbers workbook"),
    "OpenDocument": _("text or drawing of LibreOffice"),
    "program": _("program"),
    "database": _("database"),
}

FILE_MESSAGES: Final[dict[str, tuple[Text, Text]]] = {
    "empty_file": (_("The file is empty."), _("Choose the file again; perhaps it was not saved.")),
    "file_too_big": (
        _("The file is larger than %(limit)s MB."),
        _("Delete pictures and unused sheets, or split the ledger into several files."),
    ),
    "unknown_format": (
        _("This is not a spreadsheet."),
        _("Open it in Excel or WPS and save it as .xlsx."),
    ),
    "wrong_kind": (
        _("The file is named like a spreadsheet but is a %(kind)s."),
        _("Choose the spreadsheet itself, or copy the table into Excel and save it as .xlsx."),
    ),
    "archive": (
        _("This is a compressed archive, not a spreadsheet."),
        _("Unpack it and choose the spreadsheet inside."),
    ),
    "web_archive": (
        _("The file is a saved web page (MHTML)."),
        _("Open it in Excel or WPS and save it as .xlsx."),
    ),
    "encrypted": (
        _("The file is protected with a password."),
        _("Open it in Excel, remove the password (File, Info, Protect) and save it again."),
    ),
    "damaged": (
        _("The file is damaged or was not copied completely."),
        _("Copy or download it again; if it opens in Excel, save it as a new .xlsx file."),
    ),
    "unsafe_archive": (
        _("The file has an unusual inner structure and was not opened."),
        _("Open it in Excel and save it as a new .xlsx file."),
    ),
    "unpacks_too_big": (
        _("The file unpacks to more than %(limit)s MB and was not opened."),
        _("Copy the table alone into a new workbook and save it as .xlsx."),
    ),
    "entities": (
        _("The file contains XML declarations that a spreadsheet does not need."),
        _("Open it in Excel and save it as a new .xlsx file."),
    ),
    "too_much_memory": (
        _("The file needs too much memory; often a cell far away from the table is filled."),
        _("Copy the table alone into a new workbook and save it as .xlsx."),
    ),
    "too_slow": (
        _("Reading the file took too long."),
        _("Copy the table alone into a new workbook, or split it into several files."),
    ),
    "too_many_rows": (
        _("A sheet has more than %(limit)s rows."),
        _("Split the ledger into several files."),
    ),
    "too_many_columns": (
        _("A sheet has more than %(limit)s columns."),
        _("Delete the columns that do not belong to the table."),
    ),
    "too_many_sheets": (
        _("The workbook has more than %(limit)s sheets."),
        _("Copy the sheets that you need into a new workbook."),
    ),
    "encoding": (
        _("The text is neither UTF-8, UTF-16 nor GB 18030; line %(line)s cannot be read."),
        _("Open it in Excel and save it as .xlsx, or save the text as UTF-8."),
    ),
    "binary_text": (
        _("The text file contains unprintable characters (line %(line)s)."),
        _("Open it in Excel and save it as .xlsx."),
    ),
    "open_quote": (
        _("A quotation mark that opens in line %(line)s is not closed in its cell."),
        _("Delete the mark or close it, or save the table as .xlsx."),
    ),
    "formulas": (
        _("The file holds formulas whose results are not stored."),
        _("Open it in Excel or WPS and save it there, then choose it again."),
    ),
    "not_xlsx": (
        _("A template has to be an Excel workbook of today (.xlsx)."),
        _("Open it in Excel or WPS and save it as .xlsx."),
    ),
    "not_editable": (
        _("The workbook is written in an unusual way and can't be filled without loss."),
        _("Open it in Excel or WPS and save it as a new .xlsx file."),
    ),
    "not_copied": (
        _("A sheet with a pivot table, a slicer or a query can't be copied for each place."),
        _("Take one workbook for each place, or move the pivot table to a sheet of its own."),
    ),
    "too_many_cells": (
        _("The template is filled already: it holds more than %(limit)s cells."),
        _("Empty the rows of its tables, then upload it again."),
    ),
    "nothing_to_fill": (
        _("Nothing in this workbook is left to be filled."),
        _("Send the empty template: names of columns with empty rows below."),
    ),
    "too_many_places": (
        _("The workbook has more than %(limit)s places to fill: nobody could look at each."),
        _("Send the empty form alone: names of columns, a few prepared rows below."),
    ),
    "no_such_sheet": (
        _("The workbook has no sheet “%(sheet)s”."),
        _("Upload the template again; its sheets were renamed."),
    ),
    "no_converter": (
        _("An old .xls file can't be converted here: LibreOffice is not installed."),
        _(
            "Open it in Excel or WPS and save it as .xlsx, or have the package "
            "libreoffice-calc installed."
        ),
    ),
    "not_converted": (
        _("LibreOffice could not convert the file."),
        _("Open it in Excel or WPS and save it as .xlsx."),
    ),
    "no_sheets": (
        _("The workbook has no worksheet with content."),
        _("Choose the workbook that holds the table."),
    ),
    "no_table": (
        _("No table with a header row was found in sheet “%(sheet)s”."),
        _("Put the names of the columns into one row above the data."),
    ),
    "reader_failed": (
        _("The file could not be read."),
        _("Open it in Excel and save it as a new .xlsx file."),
    ),
}

CELL_MESSAGES: Final[dict[str, tuple[Text, Text]]] = {
    "required": (_("%(field)s is missing."), _("Fill in the cell.")),
    "excel_error": (
        _("The cell shows the Excel error %(error)s."),
        _("Replace the formula by its value."),
    ),
    "formula": (
        _("The cell holds a formula whose result is not stored."),
        _("Open the file in Excel or WPS and save it there, or replace the formula by its value."),
    ),
    "ditto": (
        _("The cell says “as above”; here it stands for nothing."),
        _("Write it out."),
    ),
    "too_long": (
        _("The text is longer than %(limit)s characters."),
        _("Shorten it."),
    ),
    "control_character": (
        _("The cell contains unprintable characters."),
        _("Type the cell again."),
    ),
    "not_text": (_("The cell holds a date or a yes/no value, not text."), _("Type it as text.")),
    "identity_rounded": (
        _("Excel rounded the identity number: its last digits are lost."),
        _("Format the column as text and type the number again."),
    ),
    "identity_length": (
        _("The identity number has %(length)s characters instead of 18."),
        _("Compare it with the document and type all 18 characters."),
    ),
    "identity_characters": (
        _("The identity number contains characters other than digits and a final X."),
        _("Compare it with the document."),
    ),
    "identity_birth": (
        _("Digits 7 to 14 of the identity number are not a possible date of birth."),
        _("Compare it with the document."),
    ),
    "identity_division": (
        _("The identity number does not begin with the code of a province."),
        _("Compare it with the document."),
    ),
    "identity_check": (
        _("The check digit of the identity number does not fit: a digit is mistyped."),
        _("Compare it with the document, digit by digit."),
    ),
    "document_unknown": (
        _("The number is no known kind of document."),
        _("Compare it with the document, and name the kind of document in its own column."),
    ),
    "document_masked": (
        _("The number of the document is masked."),
        _("Take the ledger away with numbers in full, or leave this column out."),
    ),
    "document_length": (
        _("A document's number has 4 to 30 letters and digits."),
        _("Compare it with the document."),
    ),
    "phone_scientific": (
        _("Excel shows the phone number in scientific notation and its digits are lost."),
        _("Format the column as text and type the number again."),
    ),
    "phone_length": (
        _("The phone number has %(length)s digits."),
        _("A mobile number has 11 digits; a landline has its area code and 7 or 8 digits."),
    ),
    "phone_form": (
        _("This is not a phone number."),
        _("Write a mobile number, or area code, hyphen and number."),
    ),
    "date_form": (
        _("This is not a date."),
        _("Write it like 2020-03-05."),
    ),
    "date_ambiguous": (
        _("Day and month cannot be told apart."),
        _("Write it like 2020-03-05."),
    ),
    "date_impossible": (
        _("There is no such day."),
        _("Write an existing day like 2020-03-05."),
    ),
    "date_range": (
        _("The date lies outside %(first)s to %(last)s."),
        _("Check the year."),
    ),
    "date_future": (_("The day lies in the future."), _("Compare it with the ledger.")),
    "date_incomplete": (
        _("The date has no day or month."),
        _("Write the whole date like 2020-03-05."),
    ),
    "sex": (_("This is not a sex."), _("Write male or female.")),
    "yes_no": (_("This is neither yes nor no."), _("Write yes or no.")),
    "credit_code": (
        _("This is not a valid unified social credit code."),
        _("Compare the 18 characters with the licence."),
    ),
    "name_form": (
        _("The name contains digits or signs."),
        _("Write the name alone; put remarks into their own column."),
    ),
    "number": (_("This is not a number."), _("Write digits only.")),
    "number_range": (
        _("The number lies outside %(low)s to %(high)s."),
        _("Check the number."),
    ),
    "address_empty": (
        _("No building or house number was found in the address."),
        _("Write building, unit and room, for example 3-2-501."),
    ),
}
