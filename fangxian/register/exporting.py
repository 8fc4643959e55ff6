"""The list of buildings to take away, in exactly the form in which it is read.

Sent back as it is it changes nothing; with another name or grid beside the same code of a building
it renames or moves it (``importing/rearranging.py``). Positions are WGS 84.
"""

from __future__ import annotations

import datetime as dt
import io
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Any, Final

from django.db.models.functions import Left
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from fangxian.common import codes
from fangxian.common.codes import Level
from fangxian.common.sheets.words import key
from fangxian.common.sheets.writing import ColumnKind, ExportColumn, write_rows
from fangxian.core.actions import store_file
from fangxian.core.jobs import JobKind, kinds
from fangxian.core.ledgers import XLSX
from fangxian.core.models import File
from fangxian.core.progress import Progress
from fangxian.regions.models import Building, Region
from fangxian.regions.queries import current, names
from fangxian.register.importing.buildings import FIELDS, RIGHT
from fangxian.register.importing.places import GROUP
from fangxian.register.importing.units import LONGEST, text_of

JOB: Final = "register.export_buildings"
# More than this is written by a job.
AT_ONCE: Final = 2_000
KEPT_DAYS: Final = 30
CHUNK: Final = 500
_KINDS: Final[dict[str, ColumnKind]] = {
    "community_code": "identity",
    "building_code": "identity",
    "building_number": "identity",
    "households_count": "number",
    "longitude": "number",
    "latitude": "number",
}
COLUMNS: Final = tuple(ExportColumn(spec.label, _KINDS.get(spec.name, "text")) for spec in FIELDS)


def _buildings(code: str) -> Any:
    lo, hi = codes.bounds(code)
    return Building.objects.filter(
        region__code__gte=lo, region__code__lt=hi, region__valid_to=None, part_of=None
    )


def count(code: str) -> int:
    """How many buildings stand at or below a place."""
    return int(_buildings(code).count())


def rows(code: str) -> Iterator[Sequence[object]]:
    """A row for each building with all its units, in the order of the codes."""
    found = (
        _buildings(code)
        .select_related("region", "kind")
        .defer("region__boundary")
        .order_by("region__code")
        .iterator(chunk_size=CHUNK)
    )
    twice = _alike(code)
    while chunk := list(islice(found, CHUNK)):
        above = names(
            {one.region.code[: int(n)] for one in chunk for n in (Level.TOWN, Level.VILLAGE)}
            | {one.region.code[: int(Level.GRID)] for one in chunk}
        )
        units = _units_of(chunk)
        for one in chunk:
            values = _values(one, above, twice) | {"units_count": text_of(units[one.pk])}
            yield [values.get(spec.name) for spec in FIELDS]


def _values(one: Building, above: dict[str, str], twice: set[str]) -> dict[str, object]:
    place = one.region
    town, community, grid = (place.code[: int(n)] for n in (9, 12, 15))
    return {
        "street": above.get(town, ""),
        "community": above.get(community, ""),
        "community_code": community,
        # Of two grids that are called alike the code tells which.
        "grid": grid if grid in twice else above.get(grid, grid),
        "building_code": place.code,
        "village_group" if one.kind_id == GROUP else "building": place.name,
        "building_kind": one.kind.name,
        "building_number": one.number,
        "address": one.address if len(one.address) <= LONGEST else "",
        "households_count": one.households,
        "managed": pgettext("property management", "yes")
        if one.managed
        else pgettext("property management", "no"),
        "longitude": place.longitude,
        "latitude": place.latitude,
    }


def _alike(code: str) -> set[str]:
    """The grids of a place whose name another one of their community has."""
    lo, hi = codes.bounds(code[: int(Level.VILLAGE)])
    grids = current().filter(code__gte=lo, code__lt=hi, level=int(Level.GRID))
    called: dict[tuple[str, str], list[str]] = defaultdict(list)
    for at, name in grids.values_list("code", "name"):
        called[at[: int(Level.VILLAGE)], key(name)].append(at)
    return {at for same in called.values() if len(same) > 1 for at in same}


def _units_of(chunk: Sequence[Building]) -> dict[object, list[tuple[str, int | None]]]:
    """The units of buildings and of their sections, in the order of their codes. Two queries."""
    homes = {one.region.code: one.pk for one in chunk}
    sections = Building.objects.filter(
        part_of__in=[one.pk for one in chunk], region__valid_to=None
    ).values_list("region__code", "part_of")
    homes |= dict(sections)
    found: dict[object, list[tuple[str, int | None]]] = {one.pk: [] for one in chunk}
    inside = (
        Region.objects.filter(level=int(Level.UNIT), valid_to=None)
        .annotate(home=Left("code", int(Level.BUILDING)))
        .filter(home__in=list(homes), code__gte=min(homes), code__lt=codes.bounds(max(homes))[1])
    )
    for home, name, households in inside.order_by("code").values_list(
        "home", "name", "unit__households"
    ):
        found[homes[home]].append((name, households))
    return found


def written(code: str, progress: Callable[[int], None] | None = None) -> bytes:
    """The list of the buildings of a place as a workbook."""
    out = io.BytesIO()
    write_rows(out, COLUMNS, rows(code), sheet=str(_("Buildings"))[:31], progress=progress)
    return out.getvalue()


def file_name(code: str) -> str:
    """What the workbook is called."""
    place = names([code]).get(code, "")
    return f"{place}{_('Buildings')}-{timezone.localdate().isoformat()}.xlsx"


def run(progress: Progress, *, code: str) -> File:
    """Write the list as a file to download."""
    with progress.chunk() as by:
        total = count(code)
        return store_file(
            by=by,
            data=written(code, lambda done: progress.step(done, total)),
            name=file_name(code),
            media_type=XLSX,
            place_code=code,
            keep_until=timezone.localdate() + dt.timedelta(days=KEPT_DAYS),
            right=RIGHT,
        )


def register() -> None:
    """Register the job (from ``ready()``)."""
    kinds.register(JOB, JobKind(JOB, gettext_lazy("Export of the list of buildings"), RIGHT, run))
