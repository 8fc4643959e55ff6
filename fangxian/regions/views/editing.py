"""Making, changing, moving and ending places; taking in boundaries."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from fangxian.common.codes import Level, parent
from fangxian.common.errors import OutOfScope
from fangxian.common.policy import SignedRequest, page
from fangxian.common.ui.choices import offer
from fangxian.common.ui.pages import form_page, posted
from fangxian.common.ui.problems import tried
from fangxian.regions import actions, numbering, queries
from fangxian.regions.actions.boundaries import import_boundaries
from fangxian.regions.coordinates import WGS84
from fangxian.regions.forms import (
    BoundariesForm,
    ChangePlaceForm,
    EndForm,
    MoveForm,
    PlaceForm,
)
from fangxian.regions.models import Building, BuildingUnit, Region
from fangxian.regions.views.places import crumbs

MOST_MB = 20


def _form(
    request: SignedRequest, form: forms.Form, here: Region, title: str, **more: Any
) -> HttpResponse:
    return form_page(
        request,
        form,
        title=title,
        back=reverse("regions:place", args=[here.code]),
        template="regions/form.html",
        sub=here.name,
        breadcrumbs=crumbs(request.actor, here.code, title),
        **more,
    )


@page("regions.edit", methods=("GET", "POST"))
def create(request: SignedRequest, code: str) -> HttpResponse:
    """A new place one level below."""
    by, above = request.actor, queries.at(code, by=request.actor)
    level = Level(above.level).below
    if level not in PlaceForm.FIELDS:
        raise OutOfScope(code)
    by.require("regions.edit", code)
    form = PlaceForm(posted(request), level=level, new=True, initial={"managed": True})
    if request.method == "POST" and form.is_valid():
        given = {key: value for key, value in form.cleaned_data.items() if value != ""}
        made = tried(
            form,
            lambda: actions.create_place(by=by, parent_code=code, level=level, **given),
        )
        if made is not None:
            messages.success(request, _("“%(name)s” was made.") % {"name": made.name})
            again = "again" in request.POST
            return redirect(
                "regions:create" if again else "regions:place", code if again else made.code
            )
    title = _("New: %(level)s") % {"level": level.label}
    return _form(request, form, above, title, again=True)


@page("regions.edit", methods=("GET", "POST"))
def edit(request: SignedRequest, code: str) -> HttpResponse:
    """Name and details of a place."""
    by, here = request.actor, queries.at(code, by=request.actor)
    level = Level(here.level)
    if level not in PlaceForm.FIELDS:
        raise OutOfScope(code)
    by.require("regions.edit", code)
    if request.method == "POST":
        here = numbering.lock(code)
    form = ChangePlaceForm(posted(request), level=level, new=False, initial=_initial(here))
    if request.method == "POST" and form.is_valid():
        given = dict(form.cleaned_data)
        if tried(form, lambda: _change(request, here, given)) is None:
            return _form(request, form, here, _("Edit “%(name)s”") % {"name": here.name})
        messages.success(request, _("Saved."))
        return redirect("regions:place", code)
    return _form(request, form, here, _("Edit “%(name)s”") % {"name": here.name})


def _initial(here: Region) -> dict[str, Any]:
    if here.level == Level.BUILDING:
        building = Building.objects.select_related("region").filter(region=here).first()
        return PlaceForm.of_building(building) if building else {"name": here.name}
    if here.level == Level.UNIT:
        unit = BuildingUnit.objects.filter(region=here).first()
        return {
            "name": here.name,
            "number": unit.number if unit else "",
            "households": unit.households if unit else None,
        }
    return {"name": here.name}


def _change(request: SignedRequest, here: Region, given: dict[str, Any]) -> Region:
    by = request.actor
    if "name" in given:
        actions.rename_place(by=by, code=here.code, name=given.pop("name"))
    if here.level == Level.BUILDING:
        actions.change_building(by=by, code=here.code, **given)
    elif here.level == Level.UNIT:
        actions.change_unit(by=by, code=here.code, **given)
    return here


@page("regions.edit", methods=("GET", "POST"))
def move(request: SignedRequest, inner_code: str) -> HttpResponse:
    """A building to another grid, a unit to another building of the same community."""
    code = inner_code
    by, here = request.actor, queries.at(code, by=request.actor)
    level = Level(here.level)
    if level not in (Level.BUILDING, Level.UNIT):
        raise OutOfScope(code)
    by.require("regions.edit", code)
    form = MoveForm(posted(request), initial={"on": timezone.localdate()})
    targets = queries.below(code[: int(Level.VILLAGE)], level.above or level)
    to = [
        (place.code, f"{place.name} {place.code}")
        for place in targets
        if place.code != parent(code) and by.may("regions.edit", place.code)
    ]
    offer(form, to=to)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        moved = tried(
            form, lambda: actions.move_place(by=by, code=code, to=given["to"], on=given["on"])
        )
        if moved is not None:
            messages.success(request, _("Moved; its new code is %(code)s.") % {"code": moved.code})
            return redirect("regions:place", moved.code)
    return _form(
        request,
        form,
        here,
        _("Move “%(name)s”") % {"name": here.name},
        note=_("Everything that lies in it moves along. Who answered for it before stays known."),
    )


@page("regions.edit", methods=("GET", "POST"))
def end(request: SignedRequest, code: str) -> HttpResponse:
    """A place that no longer exists."""
    by, here = request.actor, queries.at(code, by=request.actor)
    if here.level < Level.VILLAGE:
        raise OutOfScope(code)
    by.require("regions.edit", code)
    form = EndForm(posted(request), initial={"on": timezone.localdate()})
    if request.method == "POST" and form.is_valid():
        on = form.cleaned_data["on"]
        ended = tried(form, lambda: actions.end_place(by=by, code=code, on=on))
        if ended is not None:
            messages.success(request, _("“%(name)s” was ended.") % {"name": here.name})
            return redirect("regions:place", parent(code))
    return _form(
        request,
        form,
        here,
        _("End “%(name)s”") % {"name": here.name},
        note=_("It disappears from all lists from that day on; what was recorded there stays."),
        danger=_("End"),
    )


@page("regions.edit", methods=("GET", "POST"))
def boundaries(request: SignedRequest, code: str) -> HttpResponse:
    """Boundaries from a GeoJSON file."""
    by, here = request.actor, queries.at(code, by=request.actor)
    by.require("regions.edit", code)
    form = BoundariesForm(posted(request), request.FILES if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        upload = form.cleaned_data["file"]
        if upload.size > MOST_MB * 1024 * 1024:
            form.add_error("file", _("The file is larger than %(mb)s MB.") % {"mb": MOST_MB})
        else:
            data = upload.read()
            done = tried(
                form,
                lambda: import_boundaries(
                    by=by,
                    area=code,
                    data=data,
                    file_name=upload.name,
                    system=form.cleaned_data["system"] or WGS84,
                ),
            )
            if done is not None:
                text = _("%(changed)s boundaries taken in, %(unchanged)s as before.")
                counts = {"changed": done.changed, "unchanged": done.unchanged}
                messages.success(request, text % counts)
                if done.unknown:
                    names = ", ".join(done.unknown[:20])
                    messages.warning(request, _("No place here for: %(names)s") % {"names": names})
                if done.shapeless:
                    names = ", ".join(done.shapeless[:20])
                    text = _("Left out, for they have neither an area nor a point: %(names)s")
                    messages.warning(request, text % {"names": names})
                if done.far:
                    names = ", ".join(done.far[:20])
                    text = _("Taken in, though far from the place that they lie in: %(names)s")
                    messages.warning(request, text % {"names": names})
                return redirect("regions:map", code)
    return _form(
        request,
        form,
        here,
        _("Boundaries from GeoJSON"),
        note=_(
            "A feature belongs to the place of its code; one without a code to the only place here"
            " that has its name. Several areas of one place become one boundary."
        ),
    )
