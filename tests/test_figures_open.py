"""Every number of a page opens to what it means, how it is counted and the rows behind it."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from lxml import html

from fangxian.accounts.models import User
from fangxian.accounts.sessions import SECOND_FACTOR
from fangxian.common.facts import measure_of
from tests.browser.county import copied, make_template
from tests.kit.figures import FIRST, Number, numbers, walk

pytestmark = [pytest.mark.slow(90), pytest.mark.timeout(600)]
# Numbers of one kind on pages of one route that are followed, for each reader.
FOLLOWED = 3

# Why a number of a page leads to no figure: what is behind it is closer at hand, or it is no count
# of what was recorded.
ROW = "of a place, a sweep or a batch in a list: its own link opens the page whose figures open"
LISTED = "what it counts is listed on this page, or on the one that its line opens"
VALUE = "what was recorded of the thing in its row, no count"
CLOCK = "judged by the clock or a limit, no count of rows: the page says how"
WORKED_OUT = "of a proposal that is worked out on the page, nothing is recorded yet"
DOCUMENT = "of a document, which says by itself of when and of what it is"
CALL = "of a call, whose lines and pledges stand on its page; pledges elsewhere are out of sight"
PAST = "of an earlier day, where it is today's that opens; the log of that day is a link away"
MACHINE = "of the product itself: how it checks its sums, how old a rule is"
UNOPENED: dict[str, dict[str, str]] = {
    "command:board_area": {"meter": ROW},
    "command:board_place": {"meter": ROW},
    "command:chain": {"Missing": LISTED},
    "command:chain_place": {"Missing": LISTED},
    "command:map": {"meter": ROW, "Gaps": ROW, "Vacancies": ROW},
    "command:proof": {"*": MACHINE},
    "command:sweeps": {"meter": ROW},
    "command:today": {
        "meter": ROW,
        "Aid batches that should be back": LISTED,
        "Aid batches with a quarantine without place": LISTED,
        "Calls to my unit": LISTED,
        "Changed by two at once": LISTED,
        "Claims to confirm": LISTED,
        "Days of aid batches without progress": CLOCK,
        "Expected on posts now and not checked in": CLOCK,
        "Missing of the five ones": LISTED,
        "Party bodies that do not fit the rules": LISTED,
        "Possible duplicates to decide on": LISTED,
        "Quarterly feedback on who reported in": CLOCK,
        "Records of phones to decide on": LISTED,
        "Rounds with missed points": CLOCK,
        "Shared tasks of alliances that are late": LISTED,
        "Substitutions that end soon": LISTED,
        "Temporary units to decide about": LISTED,
        "Unread notifications": LISTED,
        "Volunteers near a limit of hours, days or nights": CLOCK,
    },
    "core:rules": {"*": MACHINE},
    "field:campaigns": {"meter": ROW},
    "field:disinfections": {"*": VALUE},
    "field:door": {"*": VALUE},
    "field:duties": {
        "Came to what was meant": PAST,
        "Disinfections": PAST,
        "Entries at gates": PAST,
        "People reached": PAST,
        "Points checked": PAST,
        "Rounds behind": CLOCK,
        "Times": PAST,
    },
    "field:forms": {"*": VALUE},
    "field:gate": {"*": VALUE},
    "field:gate_entry": {"*": VALUE},
    "field:gate_log": {"*": VALUE},
    "field:gates": {"Entries": ROW, "Fever": ROW, "Not let through": ROW},
    "field:outreach": {
        "Came to what was meant": PAST,
        # Of one record in the log; of all records of a kind it opens.
        "People reached": VALUE,
        "Times": PAST,
        "Times said": LISTED,
    },
    "field:report": {"*": DOCUMENT},
    "field:round": {"*": CLOCK},
    "field:rounds": {"meter": CLOCK},
    "mobilise:aid": {
        "Away": ROW,
        "Days missing": CLOCK,
        "Investigations": ROW,
        "Patients treated": ROW,
        "Samples taken": ROW,
        "Taught": ROW,
    },
    "mobilise:aid_batch": {"*": LISTED},
    "mobilise:aid_programme": {"*": LISTED},
    "mobilise:call": {"*": CALL},
    "mobilise:call_send": {"*": CALL},
    "mobilise:call_wall": {"*": CALL},
    "mobilise:calls": {"*": CALL},
    "mobilise:draft": {"*": WORKED_OUT},
    "mobilise:drafts": {"*": WORKED_OUT},
    "mobilise:gantt": {"*": LISTED},
    "mobilise:month": {"*": LISTED},
    "mobilise:post": {"*": VALUE},
    "mobilise:volunteer": {"*": LISTED},
    "mobilise:volunteers": {"*": VALUE},
    "organisations:alliances": {"Members": ROW, "Open tasks": ROW},
    "organisations:contacts": {"Without contact leader": LISTED},
    "organisations:five_ones": {
        "meter": LISTED,
        "A chief of section rank": LISTED,
        "A ledger": LISTED,
        "A linked leader of division rank": LISTED,
        "A plan": LISTED,
        "A working group": LISTED,
        # Where communities or villages alone are chosen.
        "Communities and villages": LISTED,
        "Incomplete": LISTED,
    },
    "organisations:households": {"meter": LISTED},
    "organisations:linked": {
        "Communities": ROW,
        # Where communities or villages alone are chosen.
        "Communities and villages": LISTED,
        "Units that are linked": LISTED,
        "Units without a community": LISTED,
        "Without a unit": LISTED,
    },
    "organisations:organisation": {"Answers for": VALUE},
    "organisations:pairings": {"Given or done": ROW},
    "organisations:reporting": {"Feedback missing": CLOCK, "Items taken on": ROW},
    "organisations:tree": {"Below it": ROW, "Members": ROW},
    "organisations:units": {"Members": ROW, "To decide about": LISTED},
    "organisations:vacancies": {"Missing": LISTED},
    "regions:place": {
        "meter": ROW,
        "Investigations": ROW,
        "Patients treated": ROW,
        "Rounds behind": CLOCK,
        "Samples taken": ROW,
        "Taught": ROW,
    },
    "regions:plan": {"*": WORKED_OUT},
    "regions:plans": {"Grids": WORKED_OUT},
    "register:establishments": {"*": VALUE},
    "register:place": {"Count": LISTED},
    # So many rows had the file when it was asked for.
    "reporting:takings": {"Rows": DOCUMENT},
    "reporting:bulletin": {"*": DOCUMENT},
    "reporting:ledger_page": {"*": VALUE},
    "reporting:table_page": {"*": VALUE},
    # Hours of the law.
    "surveillance:diseases": {"*": VALUE},
}
# They open on today's page; only those of an earlier day don't.
OPEN_TODAY = {
    ("field:duties", "Disinfections"),
    ("field:duties", "Entries at gates"),
    ("field:duties", "Points checked"),
    ("field:outreach", "Times"),
}


@pytest.fixture(scope="module")
def county(
    django_db_setup: None, template_database: str, django_db_blocker: Any, worker_id: str
) -> Iterator[None]:
    with django_db_blocker.unblock():
        name = make_template(template_database)
        with copied(name, f"fx_{os.getpid()}_{worker_id}_figures"):
            yield


def signed_in(name: str) -> Client:
    client = Client()
    user = User.objects.get(username=name)
    client.force_login(user, backend="fangxian.accounts.remembered.AccountBackend")
    session = client.session
    session[SECOND_FACTOR] = True
    session.save()
    return client


def reason_for(route: str, number: Number) -> str:
    """Why a number leads to no figure; "" where nothing says so."""
    known = UNOPENED.get(route, {})
    label = "meter" if number.what == "meter" else number.label
    return known.get(label) or known.get("*", "")


def follow(client: Client, number: Number) -> list[str]:
    """What is wrong with the page behind a number, and with the rows behind that."""
    page = client.get(number.url)
    if page.status_code != 200:
        return [f"{number.url} answers {page.status_code}"]
    found = html.document_fromstring(page.content.decode())
    wrong = []
    (told,) = found.xpath("//*[contains(@class, 'fx-tile__value')]")
    shown = float(FIRST.findall(told.text_content())[0].replace(",", ""))
    if shown != number.value:
        wrong.append(f"{number.url} shows {shown}, the page {number.value} ({number.label})")
    meant = {
        one.text_content().strip(): one.getnext().text_content().strip()
        for one in found.xpath("//dl//dt")
    }
    wrong += [
        f"{number.url} doesn't say its {name}"
        for name in ("Definition", "Counted from", "Conditions")
        if not meant.get(name)
    ]
    (way,) = {one.get("href") for one in told.xpath("..//a")}
    rows = client.get(way)
    if rows.status_code != 200:
        return [*wrong, f"{way} answers {rows.status_code}"]
    measure, _which = measure_of(number.figure)
    # Of a sum the rows are fewer or more than the figure; more than 10,000 are not counted.
    count = rows.context["count"]
    if not measure.sums and count is not None and count != number.value:
        wrong.append(f"{way} lists {count} rows, the page shows {number.value}")
    return wrong


@pytest.mark.parametrize("name", ["zhihuibu", "shequ", "wangge"])
def test_each_number_of_a_page_opens_to_its_definition_and_its_rows(county: None, name: str):
    client = signed_in(name)
    closed: dict[tuple[str, str], str] = {}
    opened: dict[tuple[str, str], list[Number]] = defaultdict(list)
    walked = set()
    for page in walk(client, "/"):
        walked.add(page.route)
        for number in numbers(page.content):
            if number.url:
                opened[page.route, number.label].append(number)
            elif not reason_for(page.route, number):
                closed[page.route, number.label or number.what] = page.url
    assert not closed, "\n".join(f"{where}: {url}" for where, url in sorted(closed.items()))
    assert {"command:today", "field:campaign", "register:place", "regions:place"} <= walked
    missing = {one for one in OPEN_TODAY if one[0] in walked} - set(opened)
    assert not missing
    # Those with a number other than 0 first: of nothing nothing can be wrong.
    wrong = [
        problem
        for some in opened.values()
        for number in sorted(some, key=lambda one: -one.value)[:FOLLOWED]
        for problem in follow(client, number)
    ]
    assert not wrong, "\n".join(wrong)


def test_who_may_not_open_figures_sees_the_numbers_alone(county: None):
    """A volunteer's pages show what they show, and no link that answers 403."""
    client = signed_in("zhiyuan")
    shown = [number for page in walk(client, "/") for number in numbers(page.content)]
    assert shown
    assert not [number.url for number in shown if number.url]
