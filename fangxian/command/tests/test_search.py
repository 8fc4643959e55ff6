"""The search box: commands among the hits, any input survived."""

from __future__ import annotations

import pytest
from django.urls import resolve, reverse
from django.utils import translation
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fangxian.command.commands import COMMANDS, find
from fangxian.common.actor import Actor
from fangxian.common.registries import rights

SEARCH = reverse("search")


def hits(client, text, **headers):
    answer = client.get(SEARCH, {"q": text}, headers=headers)
    assert answer.status_code == 200, answer.status_code
    return answer.context["hits"]


def test_every_command_leads_somewhere_and_asks_a_right_there_is():
    for command in COMMANDS:
        needs = resolve(reverse(command.url)).func.policy.right
        assert needs in (None, command.right), f"{command.name}: its page needs {needs}"
        assert command.right in rights, command.name


@pytest.mark.parametrize("text", ["日报", "零报告", "rb", "daily report"])
def test_reports_of_sweeps_are_found_by_their_names(client_of, text):
    urls = [hit.url for hit in hits(client_of("alice"), text)]
    assert reverse("field:campaigns") in urls


@pytest.mark.parametrize("text", ["看板", "fgkb", "coverage", "COVERAGE"])
def test_a_command_is_found_by_name_initials_and_in_english(client_of, text):
    urls = [hit.url for hit in hits(client_of("alice"), text)]
    assert reverse("command:board") in urls


def test_only_what_one_may_do_is_offered(client_of):
    assert reverse("command:wall") in [hit.url for hit in hits(client_of("headquarters"), "大屏")]
    assert not hits(client_of("alice"), "大屏")


def test_the_box_asks_by_post_so_that_numbers_stay_out_of_addresses(client_of, places):
    client = client_of("headquarters")
    answer = client.post(SEARCH, {"q": "130902001"})
    assert reverse("regions:place", args=[places.town]) in answer.content.decode()
    form = answer.content.decode().split('role="search"')[1].split("</form>")[0]
    assert 'method="post"' in form
    assert "csrfmiddlewaretoken" in form


def test_places_stand_beside_commands_in_groups(client_of, places):
    answer = client_of("headquarters").get(
        SEARCH, {"q": "130902001"}, headers={"HX-Request": "true"}
    )
    assert reverse("regions:place", args=[places.town]) in answer.content.decode()
    assert "<html" not in answer.content.decode()
    assert "<html" in client_of("headquarters").get(SEARCH, {"q": "x"}).content.decode()


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=25
)
@given(text=st.text(max_size=120))
def test_any_text_is_answered(client_of, text):
    hits(client_of("headquarters"), text)


@settings(deadline=None)  # the first reads the dictionaries of pinyin
@given(text=st.text(max_size=40))
def test_the_limit_holds_for_commands(text):
    by = Actor.system("test", "")
    with translation.override("en"):
        assert len(find(by, text, 3)) <= 3
