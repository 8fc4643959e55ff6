"""Files that offices really send, and files that nobody should: made by code, each with its
expected outcome.

`samples()` gives all of them. An upload test through HTTP sends each one and expects `Sample.code`
as the error, or the rows `Sample.first` at the beginning of its first sheet. No sample takes more
than a second to build.
"""

from __future__ import annotations

from fangxian.common.sheets.tests import corpus_books, corpus_texts
from fangxian.common.sheets.tests.samples import (
    HEAD,
    LI,
    PLAIN_ROWS,
    ZHANG,
    Sample,
    build,
    names,
    plain_xlsx,
    repacked,
    samples,
    sheet_xml,
    with_sheet,
    xlsx,
)

# Importing the two modules fills the corpus.
FILLED_BY = (corpus_texts, corpus_books)

__all__ = [
    "FILLED_BY",
    "HEAD",
    "LI",
    "PLAIN_ROWS",
    "ZHANG",
    "Sample",
    "build",
    "names",
    "plain_xlsx",
    "repacked",
    "samples",
    "sheet_xml",
    "with_sheet",
    "xlsx",
]
