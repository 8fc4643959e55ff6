"""The makers of reports of diseases."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from tests.kit.objects import Side, maker


@maker("surveillance:card_id")
def _card(side: Side) -> Any:
    from fangxian.surveillance.actions import NewCard, report_case

    secrets = side.secrets
    card = NewCard(
        place=side.region(side.codes.community), disease="influenza", classification="confirmed",
        source="hospital", belongs="county", diagnosed_at=timezone.now(), again=True,
        address=secrets["name"], note=secrets["phone"],
    )  # fmt: skip
    return side.act(lambda by: report_case(by=by, card=card, name=secrets["name"])).pk
