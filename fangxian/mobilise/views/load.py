"""How much everybody at a place serves: who has to be relieved before it harms."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from fangxian.accounts.policy import SignedRequest, page
from fangxian.common.errors import OutOfScope
from fangxian.common.sheets.writing import ExportColumn, write_csv, write_rows
from fangxian.common.ui.formats import date_time
from fangxian.mobilise import fatigue
from fangxian.mobilise.actions.volunteers import KEEP
from fangxian.mobilise.load import Load, nearing
from fangxian.mobilise.models import Volunteer
from fangxian.mobilise.rules import Limits, PostRules, post_rules
from fangxian.mobilise.views.common import SHOWN, frame
from fangxian.regions.queries import called

# More than these are asked for by a smaller place: each is reckoned.
MOST: Final = 20_000
MOST_WRITTEN: Final = 5_000
FORMS: Final = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
COLUMNS: Final = (
    ExportColumn(pgettext_lazy("a person", "Name"), width=14),
    ExportColumn(gettext_lazy("Serves at"), width=24),
    ExportColumn(gettext_lazy("Unit"), width=24),
    ExportColumn(gettext_lazy("Hours in seven days"), "number"),
    ExportColumn(gettext_lazy("Days in a row"), "number"),
    ExportColumn(gettext_lazy("Nights in a row"), "number"),
    ExportColumn(gettext_lazy("State")),
)
_SORTED: Final[dict[str, Callable[[Load, Limits], Any]]] = {
    "load": lambda of, limits: max(
        of.week_hours / limits.week_hours,
        of.days / limits.days_in_row,
        of.nights / limits.nights_in_row,
    ),
    "hours": lambda of, _limits: of.week_hours,
    "days": lambda of, _limits: of.days,
    "nights": lambda of, _limits: of.nights,
}


@page(KEEP)
def every(request: SignedRequest) -> HttpResponse:
    """Everybody at a place who has shifts to come, the most loaded first."""
    place, _day, context = frame(request, "load")
    rules = post_rules()
    sort = request.GET.get("sort", "-load")
    if sort.lstrip("-") not in _SORTED:
        sort = "-load"
    found, full = _ranked(place, rules, sort)
    lines = _lines(found[:SHOWN], rules)
    context |= {
        "lines": lines,
        "near": sum(1 for _one, of in found if nearing(of, rules.limits)),
        "full": full or len(found) > SHOWN,
        "most": SHOWN,
        "limits": rules.limits,
        "share": round(rules.limits.warn_share * 100),
        "places": called({line["volunteer"].place_code for line in lines}),
    }
    return render(request, "mobilise/load.html", context)


@page(KEEP, methods=("POST",))
def export(request: SignedRequest, form: str) -> HttpResponse:
    """The same as a file."""
    if form not in FORMS:
        raise OutOfScope(form)
    place, _day, _context = frame(request, "load")
    rules = post_rules()
    found, _full = _ranked(place, rules, "-load")
    lines = _lines(found[:MOST_WRITTEN], rules)
    places = called({line["volunteer"].place_code for line in lines})
    rows = [
        (
            line["volunteer"].name,
            places[line["volunteer"].place_code],
            str(line["volunteer"].organisation or ""),
            line["of"].week_hours,
            line["of"].days,
            line["of"].nights,
            line["mark"]["word"] if line["mark"] else "",
        )
        for line in lines
    ]
    return as_file(request, form, _("Load of volunteers"), COLUMNS, rows)


def as_file(
    request: SignedRequest,
    form: str,
    name: str,
    columns: Sequence[ExportColumn],
    rows: Iterable[Sequence[object]],
    *,
    titled: bool = True,
) -> HttpResponse:
    """Rows as a file to take away; ``titled``: who took it and when stands above the table."""
    out = io.BytesIO()
    if form == "csv":
        write_csv(out, columns, rows)
    else:
        title = f"{name} · {date_time(timezone.now())} · {request.actor.name}" if titled else ""
        write_rows(out, columns, rows, sheet=name[:31], title=title)
    answer = HttpResponse(out.getvalue(), content_type=FORMS[form])
    name = f"{name}-{timezone.localdate().isoformat()}.{form}"
    answer["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    answer["Cache-Control"] = "no-store"
    return answer


def _ranked(place: str, rules: PostRules, sort: str) -> tuple[list[tuple[Volunteer, Load]], bool]:
    """Who has shifts to come, with the load, in order; and whether there are more."""
    people = list(fatigue.on_duty(place)[: MOST + 1])
    of = fatigue.loads(people[:MOST], rules)
    key, down = _SORTED[sort.lstrip("-")], sort.startswith("-")
    ranked = sorted(
        ((one, of[one.id]) for one in people[:MOST]),
        key=lambda row: key(row[1], rules.limits),
        reverse=down,
    )
    return ranked, len(people) > MOST


def _lines(found: Sequence[tuple[Volunteer, Load]], rules: PostRules) -> list[dict[str, Any]]:
    whole = Volunteer.objects.select_related("organisation").in_bulk(
        [one.id for one, _load in found]
    )
    limits = rules.limits
    return [
        {
            "volunteer": whole[one.id],
            "of": of,
            "bars": [
                _bar(of.week_hours, limits.week_hours, _("Hours in seven days")),
                _bar(of.days, limits.days_in_row, _("Days in a row")),
                _bar(of.nights, limits.nights_in_row, _("Nights in a row")),
            ],
            "mark": fatigue.mark(nearing(of, limits)),
        }
        for one, of in found
    ]


def _bar(amount: float, limit: float, label: str) -> dict[str, Any]:
    """How much of a limit is used, for drawing and in figures."""
    return {
        "label": label,
        "amount": f"{amount:g}",
        "limit": f"{limit:g}",
        "drawn": min(100, round(100 * amount / limit)),
        "full": amount >= limit,
    }
