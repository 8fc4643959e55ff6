"""Putting accepted drawings in force: grids, codes, and every row that carries a code.

One community is one transaction: it is redrawn wholly or not at all. A grid that a drawn one
follows keeps its id, its code and who answers for it; one that none follows ends on the effective
day. Buildings and units keep their ids; where they lay before is kept as former codes, so that
``queries.above_on`` still tells who answered for them on any day.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from fangxian.common import registries
from fangxian.common.actor import Actor
from fangxian.common.codes import Level
from fangxian.common.errors import Conflict, OutOfScope
from fangxian.common.scoping import acting
from fangxian.regions import numbering, queries, recode
from fangxian.regions.actions.plans import assignment_of, locked
from fangxian.regions.models import Building, GridPlan, Region
from fangxian.regions.pinyin import initials
from fangxian.regions.sites import Site, sites_of

State = GridPlan.State


def due(on: dt.date | None = None) -> list[GridPlan]:
    """Accepted drawings whose day has come, in the actor's scope."""
    on = on or timezone.localdate()
    plans = GridPlan.objects.filter(state=State.ACCEPTED, effective__lte=on)
    return list(plans.order_by("effective", "place_code"))


def apply(*, by: Actor, plan_id: UUID) -> GridPlan:
    """Put one accepted drawing in force; doing it again changes nothing.

    Raises Conflict when it is not accepted, or buildings came or went since it was.
    """
    with acting(by):
        seen = GridPlan.objects.filter(id=plan_id).only("place_code").first()
        if seen is None:
            raise OutOfScope(str(plan_id))
        with acting(by.within(seen.place_code)) as narrow:
            numbering.lock(seen.place_code)
            plan = locked(narrow, plan_id)
            if plan.state in (State.IN_FORCE, State.REPLACED):
                return plan
            if plan.state != State.ACCEPTED or plan.effective is None:
                raise Conflict(_("This drawing is not accepted."))
            _Redraw(narrow, plan, plan.effective).carry_out()
            return plan


class _Redraw:
    """One community's redraw; made inside its transaction, with the community locked."""

    def __init__(self, by: Actor, plan: GridPlan, on: dt.date) -> None:
        self.by, self.plan, self.on = by, plan, on
        self.community = plan.place_code
        # Whoever writes a row that refers to a place waits here, or is waited for.
        list(queries.inside(self.community).select_for_update(of=("self",)).values_list("id"))
        counts = {UUID(place): count for place, count in plan.parameters["counts"].items()}
        self.sites, _notes = sites_of(self.community, counts)
        self.wanted = self._wanted()

    def carry_out(self) -> None:
        self._refuse_other_buildings()
        before = list(queries.below(self.community, Level.GRID))
        grids = self._grids({str(place.id): place for place in before})
        homes = {site.id: self._homes(site, grids) for site in self.sites}
        moves = self._building_moves(homes)
        self._make_sections(homes, set(moves.values()))
        moves |= self._unit_moves(homes, grids, moves)
        ended = self._sections_no_longer(homes)
        recode.move(
            by=self.by,
            pairs=recode.with_places_below(moves),
            forward=ended,
            area=self.community,
            on=self.on,
            plan_id=self.plan.id,
            tell=False,
        )
        self._end([*ended, *(place.code for place in before if place.code not in grids.values())])
        in_force = GridPlan.objects.filter(community=self.plan.community, state=State.IN_FORCE)
        in_force.update(state=State.REPLACED)
        self.plan.state = State.IN_FORCE
        self.plan.save(update_fields=["state"])
        for follower in registries.after_redraw:
            follower(self.by, self.community)

    def _wanted(self) -> dict[str, dict[int, list[str | None]]]:
        """Building id → drawn number → its units there (None: the whole building)."""
        wanted: dict[str, dict[int, list[str | None]]] = defaultdict(lambda: defaultdict(list))
        for (building, unit), number in assignment_of(self.plan).items():
            wanted[building][number].append(unit)
        return wanted

    def _refuse_other_buildings(self) -> None:
        present = {site.id: {unit.id for unit in site.units} for site in self.sites}
        drawn = {
            building: {unit for units in of_grid.values() for unit in units}
            for building, of_grid in self.wanted.items()
        }
        same = present.keys() == drawn.keys() and all(
            units in ({None}, present[building]) for building, units in drawn.items()
        )
        if not same:
            raise Conflict(
                _("Buildings or units came or went since the drawing was made; draw again.")
            )

    def _grids(self, by_id: dict[str, Region]) -> dict[int, str]:
        """Drawn number → code: that of the grid it follows, or of a new one."""
        codes: dict[int, str] = {}
        fresh = [drawn for drawn in self.plan.drawing if drawn["follows"] not in by_id]
        free = numbering.free_codes(self.community, Level.GRID, len(fresh))
        for drawn in self.plan.drawing:
            followed = by_id.get(drawn["follows"])
            if followed is None:
                codes[drawn["number"]] = self._new(free.pop(0), drawn["name"]).code
                continue
            codes[drawn["number"]] = followed.code
            if followed.name != drawn["name"]:
                followed.name, followed.initials = drawn["name"], initials(drawn["name"])
                followed.save(update_fields=["name", "initials"])
        return codes

    def _new(self, code: str, name: str, like: Region | None = None) -> Region:
        return Region.objects.create(
            code=code,
            name=name,
            level=len(code),
            initials=initials(name),
            valid_from=self.on,
            longitude=like.longitude if like else None,
            latitude=like.latitude if like else None,
        )

    def _homes(self, site: Site, grids: dict[int, str]) -> dict[str, str]:
        """Grid → present code of the place of this building that will stand in it.

        "" where a section has yet to be made. The building itself stays if any of it stays, else it
        goes where most of it goes, and a section there gives way to it.
        """
        sizes = {unit.id: unit.households for unit in site.units}
        wanted = {grids[number]: units for number, units in self.wanted[site.id].items()}
        sections = [code for code, _id in site.places if code != site.code]
        here = {code[: int(Level.GRID)]: code for code in [*sections, site.code]}
        homes = {grid: here.get(grid, "") for grid in sorted(wanted)}
        if site.code not in homes.values():
            target = max(
                sorted(wanted), key=lambda grid: sum(sizes.get(u or "", 0) for u in wanted[grid])
            )
            homes[target] = site.code
        return homes

    def _building_moves(self, homes: dict[str, dict[str, str]]) -> dict[str, str]:
        """Old → new codes of the buildings that go to another grid."""
        by_grid: dict[str, list[str]] = defaultdict(list)
        for of_grid in homes.values():
            for grid, code in of_grid.items():
                if code and not code.startswith(grid):
                    by_grid[grid].append(code)
        moves: dict[str, str] = {}
        for grid, codes in sorted(by_grid.items()):
            free = numbering.free_codes(grid, Level.BUILDING, len(codes))
            moves |= dict(zip(sorted(codes), free, strict=True))
        return moves

    def _make_sections(self, homes: dict[str, dict[str, str]], given: set[str]) -> None:
        """Make the further places of buildings that are split among grids."""
        for site in self.sites:
            for grid, code in homes[site.id].items():
                if code:
                    continue
                among = sum(1 for other in given if other.startswith(grid)) + 1
                free = numbering.free_codes(grid, Level.BUILDING, among)
                building = Building.objects.select_related("region").get(region=UUID(site.id))
                main = building.region
                section = self._new(next(c for c in free if c not in given), main.name, main)
                Building.objects.create(
                    region=section,
                    kind_id=building.kind_id,
                    address=building.address,
                    number=building.number,
                    managed=building.managed,
                    part_of=main,
                )
                homes[site.id][grid] = section.code

    def _unit_moves(
        self, homes: dict[str, dict[str, str]], grids: dict[int, str], moves: dict[str, str]
    ) -> dict[str, str]:
        """Old → new codes of the units that go to another place than the one they lie in."""
        by_home: dict[str, list[str]] = defaultdict(list)
        for site in self.sites:
            grid_of = {
                unit: grids[number]
                for number, units in self.wanted[site.id].items()
                for unit in units
            }
            for unit in site.units:
                home = homes[site.id][grid_of.get(unit.id) or grid_of[None]]
                if unit.code[: int(Level.BUILDING)] != home:
                    by_home[home].append(unit.code)
        found: dict[str, str] = {}
        for home, codes in sorted(by_home.items()):
            # Numbered among those that are in it now: they keep their numbers when it moves.
            free = numbering.free_codes(home, Level.UNIT, len(codes))
            new_home = moves.get(home, home)
            found |= {
                old: new_home + code[len(home) :]
                for old, code in zip(sorted(codes), free, strict=True)
            }
        return found

    def _sections_no_longer(self, homes: dict[str, dict[str, str]]) -> dict[str, UUID]:
        """Codes of the sections that are needed no more, and the building they belong to."""
        return {
            code: UUID(site.id)
            for site in self.sites
            for code, _id in site.places
            if code not in homes[site.id].values()
        }

    def _end(self, codes: list[str]) -> None:
        for place in Region.objects.filter(code__in=codes, valid_to=None):
            place.valid_to = max(self.on, place.valid_from)
            place.save(update_fields=["valid_to"])
