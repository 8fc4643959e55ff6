"""Forms of the room's pages. What the actions refuse is shown beside the field it is about."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from fangxian.common.codes import Level
from fangxian.common.ui.changes import ChangeForm
from fangxian.regions.coordinates import SYSTEMS, WGS84
from fangxian.regions.models import Building, BuildingKind


def day_input() -> forms.DateInput:
    """The browser's own date field, which takes no other way of writing a day."""
    return forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})


class SearchForm(forms.Form):
    q = forms.CharField(
        label=_("Name, pinyin initials or code"), max_length=40, required=False, strip=True
    )


class PlaceForm(forms.Form):
    """A place below the town: name and position, and what its level has besides."""

    name = forms.CharField(label=_("Name"), max_length=120)
    sort = forms.ChoiceField(
        label=_("Kind of community"),
        required=False,
        choices=[
            ("residents", _("Residents' committee")),
            ("villagers", _("Villagers' committee")),
            ("other", _("Other")),
        ],
    )
    kind = forms.ModelChoiceField(
        label=_("Kind of building"), queryset=BuildingKind.objects.none(), empty_label=None
    )
    number = forms.CharField(label=_("Number"), max_length=30, required=False)
    address = forms.CharField(label=_("Address"), max_length=200, required=False)
    households = forms.IntegerField(
        label=_("Declared households"), min_value=0, max_value=100_000, required=False
    )
    managed = forms.BooleanField(label=_("Has property management"), required=False)
    longitude = forms.FloatField(
        label=_("Longitude"),
        min_value=-180,
        max_value=180,
        required=False,
        help_text=_("Degrees, WGS 84, for example 116.8387"),
    )
    latitude = forms.FloatField(
        label=_("Latitude"),
        min_value=-90,
        max_value=90,
        required=False,
        help_text=_("Degrees, WGS 84, for example 38.3044"),
    )

    FIELDS = {
        Level.VILLAGE: ("name", "sort"),
        Level.GRID: ("name",),
        Level.BUILDING: (
            "name",
            "kind",
            "number",
            "address",
            "households",
            "managed",
            "longitude",
            "latitude",
        ),
        Level.UNIT: ("name", "number", "households"),
    }

    def __init__(self, *args: Any, level: Level, new: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        wanted = self.FIELDS[level]
        for name in list(self.fields):
            if name not in wanted or (name == "sort" and not new):
                del self.fields[name]
        if level is Level.BUILDING:
            self.fields["kind"].queryset = BuildingKind.objects.all()  # type: ignore[attr-defined]

    @staticmethod
    def of_building(building: Building) -> dict[str, Any]:
        """Initial values from a building."""
        return {
            "name": building.region.name,
            "kind": building.kind_id,
            "number": building.number,
            "address": building.address,
            "households": building.households,
            "managed": building.managed,
            "longitude": building.region.longitude,
            "latitude": building.region.latitude,
        }


class ChangePlaceForm(ChangeForm, PlaceForm):
    """A place as it is now."""


class MoveForm(forms.Form):
    to = forms.ChoiceField(label=_("Move to"))
    on = forms.DateField(label=_("From the day"), widget=day_input(), required=False)


class EndForm(forms.Form):
    on = forms.DateField(label=_("Ends on"), widget=day_input(), required=False)


def coordinates_field() -> forms.ChoiceField:
    """The coordinates that an uploaded file is in; WGS 84 unless another is chosen."""
    return forms.ChoiceField(
        label=_("Coordinates of the file"),
        choices=list(SYSTEMS.items()),
        required=False,
        initial=WGS84,
        help_text=_("Lines and points from other maps lie some hundred metres off otherwise."),
    )


class BoundariesForm(forms.Form):
    file = forms.FileField(label=_("GeoJSON file"))
    system = coordinates_field()


class DrawForm(forms.Form):
    """Parameters of a drawing; empty ones are those of the rules."""

    grids = forms.IntegerField(
        label=_("Number of grids"),
        min_value=1,
        max_value=999,
        required=False,
        help_text=_("Leave empty to let the sizes decide."),
    )
    min_households = forms.IntegerField(
        label=_("Households at least"), min_value=1, max_value=10_000, required=False
    )
    max_households = forms.IntegerField(
        label=_("Households at most"), min_value=1, max_value=10_000, required=False
    )
    target_households = forms.IntegerField(
        label=_("Households aimed at"), min_value=1, max_value=10_000, required=False
    )
    seed = forms.IntegerField(
        label=_("Variant"),
        min_value=0,
        max_value=9_999,
        required=False,
        help_text=_("Another number gives another drawing of the same quality."),
    )
    roads = forms.FileField(
        label=_("Roads and rivers (GeoJSON lines)"),
        required=False,
        help_text=_("Grids then do not reach across them where it can be avoided."),
    )
    system = coordinates_field()
    forget = forms.BooleanField(
        label=_("Draw without the roads that are known"),
        required=False,
        help_text=_("If a wrong file was given; later drawings don't heed it either."),
    )


class AcceptForm(forms.Form):
    effective = forms.DateField(label=_("In force from"), widget=day_input())
    version = forms.IntegerField(widget=forms.HiddenInput)


class PartForm(forms.Form):
    """A building or unit to another grid of a draft."""

    part = forms.UUIDField(label=pgettext_lazy("of a grid", "Building or unit"))
    grid = forms.IntegerField(label=_("Grid"), min_value=0, max_value=9_999)
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)
