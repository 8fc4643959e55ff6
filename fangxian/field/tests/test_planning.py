"""Planning a sweep: of which place, of which households."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils import timezone

from fangxian.common.scoping import acting
from fangxian.field.models import Campaign, FormDefinition
from fangxian.field.tests.conftest import begin
from fangxian.field.tests.test_pages import targets
from fangxian.register.actions import create_household, join_group, move_in


def test_a_sweep_is_planned_from_the_page_of_a_place_or_by_its_name(
    client_of: Any, places: Any
) -> None:
    client = client_of("headquarters")
    url = reverse("field:campaign_new")
    panel = client.get(reverse("regions:place", args=[places.community])).content.decode()
    assert f'href="{url}?area={places.community}"' in panel
    # Several grids are called so: the code tells them apart.
    page = client.get(f"{url}?area={places.grid}").content.decode()
    assert f'value="{places.grid}"' in page
    page = client.get(url).content.decode()
    assert f'value="{places[places.county].name}"' in page
    today = timezone.localdate().isoformat()
    given = {"name": "一", "group": "all", "starts_on": today, "ends_on": today}
    given["form"] = str(FormDefinition.objects.order_by("-version").first().id)
    planned = client.post(url, given | {"area": places[places.county].name})
    assert planned.status_code == 302
    assert Campaign.objects.get().area.code == places.county
    bob = client_of("bob").get(reverse("regions:place", args=[places.grid])).content.decode()
    assert url not in bob


def test_a_sweep_of_returnees_visits_their_households(cast: Any, places: Any) -> None:
    hq = cast.actor("headquarters")
    with acting(hq):
        homes = [
            create_household(by=hq, place_code=places.unit, room=room) for room in ("101", "102")
        ]
        today = timezone.localdate()
        rows = [move_in(by=hq, household_id=one.id, on=today, name="甲") for one in homes]
        join_group(by=hq, person_id=rows[0].person_id, group="returnee")
        join_group(by=hq, person_id=rows[1].person_id, group="disabled")
    campaign = begin(hq, places, group="returnees")
    assert [one.household_id for one in targets(hq, campaign, places.county)] == [homes[0].id]
