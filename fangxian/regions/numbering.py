"""Free codes below a place. Codes are never given twice while a free number is left."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from django.db.models import Q
from django.utils.translation import gettext as _

from fangxian.common.codes import Level, bounds
from fangxian.common.errors import Invalid, Problem
from fangxian.regions.models import Region, RegionCode

RANGES = Path(__file__).parent / "data" / "numbering.json"


@cache
def ranges() -> dict[str, dict[str, list[int]]]:
    """First and last number by level and sort (GB: street 001–099, residents' 001–199, …)."""
    data: dict[str, dict[str, list[int]]] = json.loads(RANGES.read_text("utf-8"))
    return data


def lock(code: str, *, using: str = "default") -> Region:
    """Lock the current place ``code`` until the transaction ends: the right to number below it.

    Raises Invalid when there is no such place.
    """
    place = Region.objects.using(using).select_for_update().filter(code=code, valid_to=None).first()
    if place is None:
        raise Invalid(
            Problem(
                _("There is no place with the code %(code)s now.") % {"code": code},
                field="parent_code",
                mend=_("Choose a place that exists today."),
            )
        )
    return place


def free_codes(
    parent: str, level: Level, count: int = 1, *, sort: str = "", using: str = "default"
) -> list[str]:
    """Return ``count`` free codes below the locked ``parent``.

    Numbers above all that were ever used come first; then the lowest that no present place has.
    Raises Invalid when the range is used up.
    """
    kinds = ranges()[level.name.lower()]
    first, last = kinds.get(sort) or next(iter(kinds.values()))
    width = int(level) - len(parent)
    lo, hi = bounds(parent)
    inside = Q(code__gte=lo, code__lt=hi)
    used: set[int] = set()
    current: set[int] = set()
    for code, valid_to in (
        Region.objects.using(using).filter(inside, level=int(level)).values_list("code", "valid_to")
    ):
        used.add(int(code[-width:]))
        if valid_to is None:
            current.add(int(code[-width:]))
    former = RegionCode.objects.using(using).filter(inside).values_list("code", flat=True)
    used |= {int(code[-width:]) for code in former if len(code) == int(level)}
    top = max((number for number in used if first <= number <= last), default=first - 1)
    numbers = list(range(top + 1, min(last, top + count) + 1))
    if len(numbers) < count:
        spare = (n for n in range(first, last + 1) if n not in current and n not in numbers)
        for number in spare:
            numbers.append(number)
            if len(numbers) == count:
                break
    if len(numbers) < count:
        raise Invalid(
            Problem(
                _("Below %(parent)s all numbers from %(first)s to %(last)s are used.")
                % {"parent": parent, "first": first, "last": last},
                field="parent_code",
                mend=_("End places that no longer exist, or choose another parent."),
            )
        )
    return [f"{parent}{number:0{width}d}" for number in numbers]
