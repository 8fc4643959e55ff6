"""Who reads the name of a volunteer has read of the person, however it comes."""

from __future__ import annotations

from typing import Any

from fangxian.accounts.models import AccessLog
from fangxian.common.scoping import acting
from fangxian.mobilise import queries
from fangxian.mobilise.models import Volunteer
from fangxian.mobilise.tests.conftest import enlisted


def test_a_name_is_noted_however_it_is_read(alice: Any, places: Any) -> None:
    """As a whole, by itself, and where it was put off; an id alone is nobody's name."""
    one = enlisted(alice, places[places.community], "测试甲")

    def noted(read: Any) -> bool:
        before = AccessLog.objects.count()
        with acting(alice):
            read()
        return AccessLog.objects.count() > before

    rows = Volunteer.objects.filter(id=one.id)
    assert noted(rows.get)
    assert noted(lambda: queries.names_of([one.id]))
    assert not noted(lambda: rows.defer("name").get())
    assert noted(lambda: str(rows.defer("name").get()))
