"""The style guide: every component with made-up data, for those who build pages."""

from __future__ import annotations

import datetime
import itertools
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fangxian.common.policy import page

NOON = datetime.datetime(2026, 3, 4, 12, 0, tzinfo=datetime.UTC)


class SampleForm(forms.Form):
    """One field of each kind."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=40)
    phone = forms.CharField(
        label=gettext_lazy("Phone"),
        help_text=gettext_lazy("11 digits, or with the area code"),
        required=False,
    )
    kind = forms.ChoiceField(
        label=gettext_lazy("Kind of building"),
        choices=[
            ("block", gettext_lazy("Block of flats")),
            ("village", gettext_lazy("Village group")),
        ],
    )
    outcome = forms.ChoiceField(
        label=gettext_lazy("Outcome of the visit"),
        widget=forms.RadioSelect,
        choices=[
            ("well", gettext_lazy("All well")),
            ("absent", gettext_lazy("Nobody at home")),
            ("refused", gettext_lazy("Refused")),
        ],
    )
    groups = forms.MultipleChoiceField(
        label=gettext_lazy("Key groups"),
        widget=forms.CheckboxSelectMultiple,
        required=False,
        choices=[
            ("elder", gettext_lazy("Lives alone, over 70")),
            ("pregnant", gettext_lazy("Pregnant")),
            ("dialysis", gettext_lazy("On dialysis")),
        ],
    )
    note = forms.CharField(
        label=gettext_lazy("Note"), widget=forms.Textarea(attrs={"rows": 3}), required=False
    )
    told = forms.BooleanField(label=gettext_lazy("The household was told why it is asked"))


@page()
def styleguide(request: HttpRequest) -> HttpResponse:
    """Show every component; nothing on the page comes from the database."""
    return render(request, "common/styleguide.html", sample())


def sample() -> dict[str, Any]:
    """Made-up data of every component."""
    form = SampleForm({"name": "", "phone": "12", "kind": "block", "outcome": "", "told": ""})
    form.add_error("phone", _("A mobile number has 11 digits; this one has 2."))
    return {
        "form": form,
        "fresh": SampleForm(auto_id="fresh_%s"),
        "noon": NOON,
        "breadcrumbs": [
            {"label": _("Sample county"), "url": "#"},
            {"label": _("Sample town"), "url": "#"},
            {"label": _("Sample community"), "url": "#"},
            {"label": _("Grid 3")},
        ],
        "badges": [
            {"kind": kind, "label": label}
            for kind, label in (
                ("ok", _("Covered")),
                ("gap", _("Gap")),
                ("late", _("Overdue")),
                ("warn", _("Needs a look")),
                ("bad", _("Refused")),
                ("doing", _("Under way")),
                ("todo", _("Not begun")),
                ("exempt", _("Exempt")),
                ("info", _("Substitute")),
                ("neutral", _("Draft")),
            )
        ],
        "grids": [
            {
                "name": _("Grid %(n)s") % {"n": n},
                "done": done,
                "total": total,
                "exempt": exempt,
                "late": late,
            }
            for n, done, total, exempt, late in (
                (1, 412, 412, 0, 0),
                (2, 377, 401, 6, 3),
                (3, 120, 388, 0, 11),
            )
        ],
        "steps": [
            {"label": _("Upload"), "done": True},
            {"label": _("Columns"), "current": True},
            {"label": _("Preview")},
            {"label": _("Done")},
        ],
        "history": [
            {
                "title": _("Visited: all well"),
                "time": NOON,
                "who": _("Grid officer A"),
                "current": True,
                "kind": "ok",
                "status": _("Covered"),
            },
            {
                "title": _("Nobody at home"),
                "time": NOON - datetime.timedelta(hours=20),
                "who": _("Grid officer A"),
            },
            {
                "title": _("Handed over"),
                "text": _("From grid 2, redrawn"),
                "time": NOON - datetime.timedelta(days=3),
            },
        ],
        "facts": [
            {"label": _("Address"), "value": _("Sample road 8, building 3, unit 2, room 501")},
            {"label": _("Residents"), "value": 4},
            {"label": _("Property company"), "value": ""},
        ],
        "sides": [
            {"label": _("Registered"), "note": "2025-11-02"},
            {"label": _("From the file"), "note": "2026-03-04"},
        ],
        "compared": [
            {
                "name": "person_name",
                "label": _("Name"),
                "values": [_("Sample person A"), _("Sample person A")],
                "different": False,
            },
            {
                "name": "phone",
                "label": _("Phone"),
                "values": ["100****0001", "100****0002"],
                "different": True,
            },
        ],
        "tabs": [
            {"label": _("Overview"), "url": "#a", "current": True, "count": ""},
            {"label": _("Households"), "url": "#b", "count": 412},
            {"label": _("Who answers"), "url": "#c", "count": 5},
        ],
        "chips": [
            {"label": _("All"), "url": "?", "count": 1201, "current": True},
            {"label": _("Gap"), "url": "?status=gap", "count": 292},
            {"label": _("Overdue"), "url": "?status=late", "count": 14},
        ],
        "curve": {
            "kind": "bar",
            "labels": ["03-01", "03-02", "03-03", "03-04"],
            "series": [
                {"name": _("Visits"), "data": [120, 340, 512, 409]},
                {"name": _("Gaps"), "data": [900, 560, 310, 292]},
            ],
        },
        "places": _places(),
    }


def _places() -> dict[str, Any]:
    """Three made-up grids side by side with buildings and the graph of their neighbours."""
    features: list[dict[str, Any]] = []
    for index, share in enumerate((1.0, 0.94, 0.31)):
        west, east, south, north = 116.80 + index * 0.01, 116.81 + index * 0.01, 38.30, 38.308
        ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
        name = _("Grid %(n)s") % {"n": index + 1}
        features.append(
            {
                "type": "Feature",
                "id": f"g{index + 1}",
                "geometry": {"type": "Polygon", "coordinates": [ring]},
                "properties": {"kind": "grid", "id": f"g{index + 1}", "name": name, "share": share},
            }
        )
        for number in range(4):
            point = [west + 0.002 + 0.002 * number, south + 0.002 + 0.003 * (number % 2)]
            features.append(
                {
                    "type": "Feature",
                    "id": f"b{index}{number}",
                    "geometry": {"type": "Point", "coordinates": point},
                    "properties": {
                        "kind": "building",
                        "id": f"b{index}{number}",
                        "name": _("Building %(n)s") % {"n": index * 4 + number + 1},
                        "grid": f"g{index + 1}",
                        "households": 96,
                    },
                }
            )
    centres = [
        feature["geometry"]["coordinates"]
        for feature in features
        if feature["properties"]["kind"] == "building"
    ]
    for one, other in itertools.pairwise(centres):
        features.append(
            {
                "type": "Feature",
                "geometry": {"type": "LineString", "coordinates": [one, other]},
                "properties": {"kind": "edge"},
            }
        )
    return {"type": "FeatureCollection", "features": features}
