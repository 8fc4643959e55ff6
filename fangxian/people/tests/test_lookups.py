"""Looking people up by number is limited by the hour; by name it is not."""

from __future__ import annotations

import pytest
from django.urls import reverse

from fangxian.accounts.models import SecurityAlert
from fangxian.common.errors import TooMany
from fangxian.common.scoping import acting
from fangxian.people import lookups

pytestmark = pytest.mark.django_db
NUMBER = "11010519491231002X"
PHONE = "13800001234"


def test_whole_numbers_and_hits_count_and_the_rest_does_not(make, alice, bob, settings):
    settings.FANGXIAN_LOOKUPS_PER_HOUR = 3
    person = make("王小明", phones=["0317-1234567"])

    def find(text, by=alice):
        with acting(by):
            return lookups.find(by, text)

    for typed in ("1380000", "13800001", "王小明", "wxm", "110105194912"):
        for _time in range(4):
            find(typed)
    assert find("03171234567") == [person]
    assert find(PHONE) == find(NUMBER) == []
    for text in (PHONE, NUMBER, "0317-1234567"):
        with pytest.raises(TooMany):
            find(text)
    assert find("王小明") == [person]
    assert find(PHONE, bob) == []


def test_above_the_quota_comes_429_and_an_alert(make, client_of, cast, settings):
    settings.FANGXIAN_LOOKUPS_PER_HOUR = 1
    person = make()
    url = reverse("people:propose", args=[person.id])
    client = client_of("alice")
    assert client.post(url, {"q": PHONE}).status_code == 200
    assert client.post(url, {"q": NUMBER}).status_code == 429
    alert = SecurityAlert.objects.get()
    assert (alert.kind, alert.user_id) == ("lookup_quota", cast.user("alice").pk)


def test_a_document_that_a_form_asks_for_counts_each_time(make, alice, settings):
    settings.FANGXIAN_LOOKUPS_PER_HOUR = 2
    person = make("王小明", documents=[("identity", NUMBER)])
    with acting(alice):
        assert lookups.by_document(alice, "identity", "") is None
        assert lookups.by_document(alice, "identity", NUMBER) == person
        assert lookups.by_document(alice, "passport", "E12345678") is None
        with pytest.raises(TooMany):
            lookups.by_document(alice, "identity", NUMBER)
