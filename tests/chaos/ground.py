"""What a drill stands on: places, the cast, households and a sweep.

``python -m tests.chaos.ground`` fills the migrated database that the environment names.
"""

from __future__ import annotations

import datetime as dt

import django

HOUSEHOLDS = 240
SWEEP = "第一轮摸排"
FORM = {
    "questions": [
        {
            "name": "fever",
            "kind": "choice",
            "label": "有无发热",
            "required": True,
            "options": [{"code": "yes", "label": "有"}, {"code": "no", "label": "无"}],
            "exception_when": ". = 'yes'",
        }
    ]
}


def main() -> None:
    django.setup()
    from django.utils import timezone

    from fangxian.common.actor import Actor
    from fangxian.common.scoping import acting
    from fangxian.core import counters
    from fangxian.field.actions import plan_campaign, publish_form, start_campaign
    from fangxian.regions.models import Building, BuildingUnit
    from fangxian.register.actions import create_household
    from tests.kit.cast import make_cast, make_places

    places = make_places()
    for code, place in places.by_code.items():
        if len(code) == 18:
            Building.objects.create(region=place, kind_id="residential", number=code[-3:])
        if len(code) == 20:
            BuildingUnit.objects.create(region=place, number=code[-2:])
    make_cast(places)
    with acting(Actor.system("ground", places.county)) as by:
        for number in range(HOUSEHOLDS):
            room = f"{number // 8 + 1}{number % 8 + 1:02d}"
            create_household(by=by, place_code=places.unit, room=room)
        form = publish_form(by=by, code="sweep", name="入户摸排", schema=FORM)
        today = timezone.localdate()
        planned = plan_campaign(
            by=by,
            name=SWEEP,
            area=places[places.county],
            form=form,
            starts_on=today,
            ends_on=today + dt.timedelta(days=9),
        )
        start_campaign(by=by, campaign=planned)
    counters.fold()


if __name__ == "__main__":
    main()
