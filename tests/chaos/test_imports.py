"""An import goes on where it was cut off, whoever falls, and no row is lost, doubled or halved."""

from __future__ import annotations

import io
import random
import re
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest
from django.urls import reverse

from fangxian.register.tests.ledgers import person, workbook
from tests.chaos.site import Site, kill, until
from tests.chaos.visitor import Answer, Refused, Visitor
from tests.kit.cast import Places

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

ROWS = 2_400
WRONG = 12
FIRST = 6_000
# A job is tried three times, then somebody has to look at it: two falls an import.
FALLS = 2
SECONDS = 60


@dataclass
class Ledger:
    """An upload on its way, by ``alice``."""

    site: Site
    visitor: Visitor
    url: str

    @property
    def id(self) -> str:
        return self.url.strip("/").split("/")[2]

    def state(self) -> tuple[str, int, int, int]:
        rows = self.site.sql(
            "SELECT state, rows_in, accepted, rejected FROM core_importrun WHERE id = %s", self.id
        )
        return rows[0]  # type: ignore[return-value]

    def previewed(self) -> None:
        """Accept the columns as proposed and wait for the preview."""
        page = self.visitor.get(self.url).text
        chosen = {
            name: (re.findall(r'value="(\w*)" selected', options) or [""])[0]
            for name, options in re.findall(
                r'<select[^>]*name="(column-\d+)"[^>]*>(.*?)</select>', page, re.DOTALL
            )
        }
        assert "name" in chosen.values()
        answer = self.visitor.post(self.url, chosen)
        assert answer.status == 302, answer.text[:500]
        self._until(lambda: self.state()[0] == "ready", "the preview is ready")

    def begun(self) -> None:
        """Confirm, and wait until the first rows are in."""
        answer = self.visitor.post(reverse("register:import_run", args=[self.id]), {})
        assert answer.status == 302
        self._until(lambda: self.state()[2] > 0, "the first rows are in")

    def finished(self) -> None:
        self._until(lambda: self.state()[0] == "finished", "finished")

    def _until(self, condition: Callable[[], bool], what: str) -> None:
        try:
            until(condition, SECONDS, what)
        except AssertionError as error:
            jobs = self.site.sql("SELECT kind, state, attempts, error_code FROM core_job")
            error.add_note(f"{self.state()} {jobs}\n{self.site.said()}")
            raise


def rows_from(number: int) -> list[dict[str, str]]:
    """A ledger of its own, with some rows that can't be accepted."""
    rows = [person(number + n) for n in range(ROWS)]
    for n in range(WRONG):
        rows[n * 55 + 7]["身份证号"] = "123"
    return rows


def send(visitor: Visitor, data: bytes) -> Answer:
    file = io.BytesIO(data)
    file.name = "台账.xlsx"
    return visitor.post(reverse("register:import"), {"place_code": Places.grid, "file": file})


def ledger(site: Site, number: int) -> Ledger:
    visitor = site.visitor("alice")
    answer = send(visitor, workbook(rows_from(number)))
    assert answer.status == 302, answer.text[:500]
    return Ledger(site, visitor, answer.location)


def assert_whole(site: Site, ledgers: list[Ledger]) -> None:
    for one in ledgers:
        assert one.state() == ("finished", ROWS, ROWS - WRONG, WRONG)
    good = len(ledgers) * (ROWS - WRONG)
    (counted,) = site.sql(
        "SELECT (SELECT count(*) FROM people_person),"
        " (SELECT count(*) FROM register_residency),"
        " (SELECT count(DISTINCT person_id) FROM register_residency),"
        " (SELECT count(DISTINCT number_index) FROM people_persondocument),"
        " (SELECT count(*) FROM people_personphone),"
        " (SELECT count(DISTINCT person_id) FROM people_personlink)"
    )
    assert counted == (good,) * 6
    # No door was made without somebody behind it.
    (empty,) = site.sql(
        "SELECT count(*) FROM register_household h WHERE NOT EXISTS"
        " (SELECT 1 FROM register_residency r WHERE r.household_id = h.id)"
        " AND h.created_at > (SELECT min(created_at) FROM core_importrun)"
    )
    assert empty == (0,)
    site.check()


def fall_of_the_worker(site: Site) -> None:
    assert site.worker is not None
    kill(site.worker.pid)
    site.worker.wait()
    site.start_worker()


def fall_of_the_database(site: Site) -> None:
    kill(site.ground.postmaster())
    site.ground.start_again()


@pytest.mark.parametrize(
    ("fall", "imports"),
    [(fall_of_the_worker, 3), (fall_of_the_database, 2)],
    ids=["worker", "database"],
)
def test_an_import_goes_on(site: Site, fall: Callable[[Site], None], imports: int) -> None:
    chance = random.Random(20200201)
    done = []
    for number in range(imports):
        one = ledger(site, FIRST * (number + 1))
        one.previewed()
        one.begun()
        for _fall in range(FALLS):
            time.sleep(chance.uniform(0, 0.1))
            if one.state()[0] != "finished":
                fall(site)
        one.finished()
        done.append(one)
    attempts = site.sql("SELECT sum(attempts) FROM core_job WHERE kind = 'register.import'")
    assert attempts[0][0] > imports, "no fall met an import at work"
    assert_whole(site, done)


def fall_of_the_web(site: Site) -> None:
    """Every process that answers is killed in the middle of what it does."""
    for pid in site.web_processes():
        kill(pid)


def insist(ask: Callable[[], Answer]) -> Answer:
    """Ask again until an answer comes, as somebody does whose page hung."""

    def answered() -> Answer | None:
        try:
            answer = ask()
        except Refused:
            return None
        return answer if answer.status < 500 else None

    return until(answered, SECONDS, "the web answers again")


def test_the_web_falls_while_a_file_arrives_and_is_confirmed(site: Site) -> None:
    visitor = site.visitor("alice")
    data = workbook(rows_from(FIRST))
    with ThreadPoolExecutor(1) as pool:
        # While the file arrives: it is kept whole or not at all, and sent again it is one run.
        sending = pool.submit(send, visitor, data)
        time.sleep(0.05)
        fall_of_the_web(site)
        assert isinstance(sending.exception(), Refused), "the fall met no upload"
    answer = insist(lambda: send(visitor, data))
    assert answer.status == 302, answer.text[:500]
    one = Ledger(site, visitor, answer.location)
    site.wait_until_it_answers(SECONDS)
    one.previewed()
    confirm = reverse("register:import_run", args=[one.id])
    with ThreadPoolExecutor(1) as pool:
        confirming = pool.submit(visitor.post, confirm, {})
        fall_of_the_web(site)
        confirming.exception()  # whether it was answered is open: the state tells
    site.wait_until_it_answers(SECONDS)
    if one.state()[0] == "ready":  # it was not confirmed: pressed once more
        insist(lambda: visitor.post(confirm, {}))
    one.finished()
    assert site.sql("SELECT count(*) FROM core_importrun") == [(1,)]
    assert_whole(site, [one])


def test_an_upload_sent_a_hundred_times_is_one_import(site: Site) -> None:
    visitor = site.visitor("alice")
    data = workbook(rows_from(FIRST)[:20])
    answers = []

    def again(_number: int) -> Answer:
        # The same browser, pressed again and again.
        own = Visitor(site.address, seconds=120)
        for cookie in visitor.jar:
            own.jar.set_cookie(cookie)
        try:
            return send(own, data)
        except Refused:
            return send(own, data)

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(again, range(100)))
    assert {answer.status for answer in answers} == {302}
    assert len({answer.location for answer in answers}) == 1
    assert site.sql("SELECT count(*) FROM core_importrun") == [(1,)]
    site.check()
