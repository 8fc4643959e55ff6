"""A sweep under way in a synthetic place, with signed-in grid officers."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import cycle
from typing import Any
from uuid import UUID

TOKEN = "b" * 32


@dataclass
class Sweep:
    """``cookies`` of each officer; ``doors`` are household ids by officer, in his area."""

    campaign_id: UUID
    cookies: list[str]
    doors: list[list[UUID]]
    areas: list[str]
    taken: dict[int, Iterator[UUID]] = field(default_factory=dict)

    def next_doors(self, officer: int, n: int) -> list[UUID]:
        """The next doors on an officer's round."""
        way = self.taken.setdefault(officer, cycle(self.doors[officer]))
        return [next(way) for _ in range(n)]

    def body(self, officer: int, n: int) -> bytes:
        """A batch of ``n`` visits of an officer."""
        from fangxian.common.ids import uuid7

        visits = [
            {
                "op_id": str(uuid7()),
                "campaign_id": str(self.campaign_id),
                "household_id": str(household),
                "outcome": "all_well",
                "note": "",
            }
            for household in self.next_doors(officer, n)
        ]
        return json.dumps({"visits": visits}).encode()


def make(residents: int, officers: int, grants: int = 1) -> Sweep:
    """Load a place, start a sweep of it, sign officers in; each has ``grants`` communities."""
    import _county
    from django.conf import settings
    from django.utils import timezone

    from fangxian.common.actor import Actor
    from fangxian.common.bulk import Load
    from fangxian.common.scoping import acting
    from fangxian.core import counters
    from fangxian.field.actions import plan_campaign, publish_form, start_campaign
    from fangxian.field.jobs import communities
    from fangxian.field.models import Target
    from fangxian.field.targets import sync_targets
    from fangxian.regions.models import Region
    from fangxian.register.bulk import MODELS, load_register

    ids, units = _county.make_places(residents)
    with Load(MODELS, using="owner") as load:
        load_register(load, list(_county.households(residents, ids, units)))
    by = Actor.system("benchmark", settings.FANGXIAN_AREA)
    schema: dict[str, Any] = {"questions": [{"name": "people", "kind": "integer", "label": "人数"}]}
    today = timezone.localdate()
    with acting(by):
        form = publish_form(by=by, code="benchmark", name="Benchmark", schema=schema)
        campaign = plan_campaign(
            by=by,
            name="Benchmark",
            area=Region.objects.get(code=_county.COUNTY),
            form=form,
            starts_on=today,
            ends_on=today + dt.timedelta(days=7),
        )
        start_campaign(by=by, campaign=campaign)
        areas = communities(_county.COUNTY)
    for area in areas:
        sync_targets(by=by, campaign=campaign, area=area, today=today)
    counters.fold()
    sweep = Sweep(campaign.id, [], [], areas)
    for number in range(officers):
        mine = [areas[(number * grants + n) % len(areas)] for n in range(grants)]
        sweep.cookies.append(sign_in(f"officer{number}", ids, mine, mine[0]))
        # The session works in the first of its areas.
        with acting(by):
            doors = Target.objects.filter(place_code__gte=mine[0], place_code__lt=mine[0] + ":")
            sweep.doors.append(list(doors.values_list("household_id", flat=True)))
    _analyse()
    return sweep


def sign_in(name: str, ids: Any, areas: list[str], chosen: str) -> str:
    """An account with grants at these areas, working in the ``chosen`` one; its cookies."""
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore
    from django.utils import timezone

    from fangxian.accounts.middleware import GRANT_KEY
    from fangxian.accounts.models import Grant, User
    from fangxian.accounts.sessions import SECOND_FACTOR

    user = User.objects.create(username=name, display_name=name)
    store = SessionStore()
    for area in areas:
        grant = Grant.objects.create(
            user=user,
            role_id="grid_officer",
            region_id=ids[area],
            valid_from=timezone.localdate() - dt.timedelta(days=1),
        )
        if area == chosen:
            store[GRANT_KEY] = str(grant.id)
    store[SESSION_KEY] = str(user.pk)
    store[BACKEND_SESSION_KEY] = "fangxian.accounts.remembered.AccountBackend"
    store[HASH_SESSION_KEY] = user.get_session_auth_hash()
    store[SECOND_FACTOR] = True
    store.save()
    return f"sessionid={store.session_key}; csrftoken={TOKEN}"


def _analyse() -> None:
    from django.db import connections

    with connections["owner"].cursor() as cursor:
        cursor.execute("ANALYZE")
