"""The key groups of a person: words of one column, and columns that ask for one group each."""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from typing import TYPE_CHECKING, Final

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy

from fangxian.common.sheets import FieldSpec, cleaning
from fangxian.register.importing.cells import split, text
from fangxian.register.importing.living import means_residency
from fangxian.register.vocabularies import DATA, KEY_GROUPS

if TYPE_CHECKING:
    from fangxian.register.importing.cells import Taker
    from fangxian.register.importing.fields import Record

_PREFIX: Final = "group_"
GROUP_FIELDS: Final = tuple(
    FieldSpec(_PREFIX + code, format_lazy("{}: {}", gettext_lazy("Key groups"), label))
    for code, label in KEY_GROUPS.choices()
)
_WORDS: Final[dict[str, list[str]]] = json.loads((DATA / "states.json").read_text("utf-8"))
# Not disabled, in good health: an answer too.
_NONE: Final = re.compile("^(?:" + "|".join([*_WORDS["not"], *_WORDS["healthy"]]) + ")")


def columns_of(names: Collection[str]) -> tuple[str, ...]:
    """The fields among ``names`` that ask for one group each."""
    return tuple(spec.name for spec in GROUP_FIELDS if spec.name in names)


def read_groups(record: Record, take: Taker, columns: Collection[str]) -> None:
    """Note the groups of a row. Words that are not known are counted, not kept."""
    if said := take("person_category", text(200)):
        for word in split(said):
            _join(record, KEY_GROUPS.code_of(word), word)
    for name in columns:
        code = name.removeprefix(_PREFIX)
        said = take(name, text(200))
        if not said or cleaning.is_filler(said):
            continue
        answer = cleaning.clean_yes_no(said)
        if isinstance(answer, bool):
            if answer:
                _join(record, code, said)
        elif not _NONE.match(said):
            # The kind or degree of an illness says that there is one.
            detail = KEY_GROUPS.terms[code].data.get("detail")
            _join(record, code if detail else KEY_GROUPS.code_of(said), said)


def _join(record: Record, code: str | None, word: str) -> None:
    if code is None:
        record.unknown_groups += not (cleaning.is_filler(word) or means_residency(word))
    elif code not in record.groups:
        record.groups.append(code)
