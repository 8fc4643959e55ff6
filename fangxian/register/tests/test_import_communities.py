"""A ledger may name the community of each row, in any writing of its name."""

from __future__ import annotations

from typing import Any

import pytest

from fangxian.common.actor import Actor
from fangxian.common.scoping import acting
from fangxian.regions.models import Region
from fangxian.register.tests.importing import imported
from fangxian.register.tests.ledgers import HEADERS, person, workbook
from fangxian.register.tests.test_import_households import refused

pytestmark = pytest.mark.django_db


@pytest.fixture
def communities(places: Any) -> None:
    """The community of the tests and others of its county, by names that look alike."""
    for code, name in (
        (places.community, "光明社区"), (places.other_community, "光明北社区居委会"),
    ):  # fmt: skip
        with acting(Actor.system("test", "")):
            Region.objects.filter(code=code).update(name=name)


def test_rows_of_another_community_do_not_land_in_the_same_numbered_doors(
    alice, places, communities
):
    own = ["光明社区", "光明", "示例街道光明社区居委会", "", "本社区"]
    said = [*own, "光明北", "示例街道光明北社区", "朝阳社区"]
    rows = [person(n, 与户主关系="") | {"所属社区": name} for n, name in enumerate(said)]
    run = imported(alice, workbook(rows, [*HEADERS, "所属社区"]), places.grid)
    assert refused(alice, run) == {row: ["other_community"] for row in (7, 8, 9)}
    assert run.accepted == 5


def test_what_an_address_says_of_itself_is_no_community(alice, places, communities):
    rows = [person(0, 现住址="光明路旁 第1栋1单元101室")]
    assert refused(alice, imported(alice, workbook(rows), places.grid)) == {}
