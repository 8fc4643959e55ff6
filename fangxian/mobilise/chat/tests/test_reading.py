"""Pastes are read well enough to be of use, and whatever is pasted is read."""

import json
import re
from datetime import date, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fangxian.mobilise.chat import Human, Offered, parse, written
from fangxian.mobilise.chat.tests.score import CORPUS, score
from fangxian.mobilise.chat.when import days_at, hours_at
from fangxian.mobilise.chat.writing import Placed

SAMPLES: dict[str, Any] = json.loads((Path(__file__).parent / "samples.json").read_text("utf-8"))
TODAY = date(2020, 2, 4)
WEEK = [date(2020, 2, 5) + timedelta(n) for n in range(7)]
OFFERED = [
    Offered("early", WEEK[0], time(8), 480, SAMPLES["early"], ""),
    Offered("night", WEEK[0], time(22), 600, SAMPLES["night"], ""),
]
TEAM = [Human(str(n), name) for n, name in enumerate(SAMPLES["team"])]


@pytest.mark.parametrize("path", sorted(CORPUS.rglob("*.jsonl")), ids=lambda path: path.stem)
def test_a_corpus_is_read(path: Path) -> None:
    found = score(path)
    assert found.precision >= 0.95
    assert found.recall >= 0.90


@pytest.mark.parametrize("said", SAMPLES["days"])
def test_days(said: str) -> None:
    found = days_at(said, 0, TODAY, WEEK)
    assert found is not None
    assert found[0] == len(said)
    assert [day.isoformat() for day in found[1].days] == SAMPLES["days"][said]


@pytest.mark.parametrize("said", SAMPLES["hours"])
def test_times(said: str) -> None:
    found = hours_at(said, 0)
    assert found is not None
    assert found[0] == len(said)
    start, end = SAMPLES["hours"][said]
    assert start in found[1].starts
    assert end in found[1].ends


def test_headings_hold_until_the_next_one() -> None:
    lines = parse("\n".join(SAMPLES["headed"]), OFFERED, TEAM, TODAY).lines
    assert [line.kind for line in lines] == ["noise", "proposals", "noise", "proposals"]
    assert lines[1].proposals[0].shifts == ("early",)
    assert lines[3].proposals[0].shifts == ("night",)


def test_without_anybody_known_or_offered_nothing_fails() -> None:
    assert not any(line.proposals for line in parse(SAMPLES["paste"], [], [], TODAY).lines)


def test_a_roster_is_written_out() -> None:
    one = Offered("early", WEEK[0], time(8), 480, SAMPLES["early"], SAMPLES["post"])
    team = SAMPLES["team"]
    told = written([one, OFFERED[1]], {"early": Placed((team[0],), 2, (team[1], team[2]))})
    assert told == SAMPLES["written"]


@given(st.one_of(st.text(max_size=300), st.text(alphabet=SAMPLES["alphabet"], max_size=120)))
def test_any_text_is_read(text: str) -> None:
    lines = parse(text, OFFERED, TEAM, TODAY).lines
    assert [line.text for line in lines] == text.split("\n")
    for line in lines:
        assert line.kind in {"proposals", "noise", "unclear"}
        assert bool(line.proposals) == (line.kind == "proposals")
        for one in line.proposals:
            assert not re.search(r"1[3-9]\d{9}", one.name)
            assert one.shifts


@given(st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True), st.sampled_from(["", " ", "+", "/"]))
def test_telephones_are_in_no_name(phone: str, mark: str) -> None:
    for name in SAMPLES["team"]:
        for text in (name + mark + phone, phone + mark + name):
            for line in parse(text + SAMPLES["tail"], OFFERED, TEAM, TODAY).lines:
                assert all(not re.search(r"\d", one.name) for one in line.proposals)


def test_a_long_paste_and_long_lines_are_read() -> None:
    alphabet = SAMPLES["alphabet"].replace("\n", "")
    lines = [SAMPLES["paste"]] * 2960 + [char * 5000 for char in alphabet[:40]]
    assert len(parse("\n".join(lines), OFFERED, TEAM, TODAY).lines) == 3000


@given(
    st.lists(
        st.permutations(SAMPLES["team"]).map(lambda names: tuple(names[:3])),
        min_size=len(OFFERED),
        max_size=len(OFFERED),
    )
)
def test_a_roster_that_was_written_out_is_read_as_it_was(placed: list[tuple[str, ...]]) -> None:
    """Copied into the chat and pasted again it puts the same people on the same shifts."""
    there = {one.key: Placed(names, 4) for one, names in zip(OFFERED, placed, strict=True)}
    lines = parse(written(OFFERED, there), OFFERED, TEAM, TODAY).lines
    found = [(p.name, key) for line in lines for p in line.proposals for key in p.shifts]
    assert sorted(found) == sorted((name, key) for key, of in there.items() for name in of.names)
