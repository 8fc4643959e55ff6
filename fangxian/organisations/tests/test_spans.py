"""No day has more holders than the rules allow, whatever is done in which order."""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fangxian.common.errors import Conflict, Invalid
from fangxian.common.scoping import acting
from fangxian.organisations.actions import (
    appoint,
    appoint_many,
    end_responsibility,
    hand_over,
    substitute,
    withdraw_responsibility,
)
from fangxian.organisations.checking import Appointment
from fangxian.organisations.loads import Span, most_at_once
from fangxian.organisations.models import Responsibility, Vacancy
from fangxian.organisations.rules import chain_rules
from fangxian.organisations.vacancies import refresh

TODAY = timezone.localdate()
DAYS = 12
FIRST = TODAY - dt.timedelta(days=DAYS // 2)
offsets = st.integers(0, DAYS - 1)
steps = st.lists(
    st.tuples(
        st.sampled_from(["appoint", "many", "hand_over", "substitute", "end", "withdraw"]),
        st.integers(0, 2),
        offsets,
        st.one_of(st.none(), offsets),
        st.integers(0, 3),
    ),
    min_size=1,
    max_size=8,
)


def day(offset: int) -> dt.date:
    return FIRST + dt.timedelta(days=offset)


@given(
    spans=st.lists(st.tuples(offsets, st.one_of(st.none(), offsets)), max_size=6),
    window=st.tuples(offsets, st.one_of(st.none(), offsets)),
)
def test_most_at_once_is_the_count_of_the_fullest_day(spans, window):
    kept = [Span(day(a), None if b is None else day(max(a, b))) for a, b in spans]
    first, last = window[0], DAYS if window[1] is None else max(window)
    expected = max(sum(span.covers(day(n)) for span in kept) for n in range(first, last + 1))
    end = None if window[1] is None else day(last)
    assert most_at_once(kept, Span(day(first), end)) == expected


def _do(by, places, people, step):
    what, who, start, stop, which = step
    grids = [places[places.grid], places[places.other_grid]]
    rows = list(Responsibility.objects.order_by("created_at", "id"))
    row = rows[which % len(rows)] if rows else None
    until = None if stop is None else day(max(start, stop))
    if what == "appoint":
        appoint(
            by=by, place=grids[which % 2], role="grid_officer", holder=people[who],
            from_date=day(start), to_date=until,
        )  # fmt: skip
    elif what == "many":
        appoint_many(
            by=by,
            wanted=[
                Appointment(place, "grid_officer", people[who], day(start), until)
                for place in grids
            ],
        )
    elif row is None:
        return
    elif what == "hand_over":
        hand_over(by=by, responsibility=row, to=people[who], on=day(start))
    elif what == "substitute":
        substitute(
            by=by, responsibility=row, holder=people[who], from_date=day(start),
            to_date=until or day(start),
        )  # fmt: skip
    elif what == "end":
        end_responsibility(by=by, responsibility=row, on=day(start))
    else:
        withdraw_responsibility(by=by, responsibility=row)


def _asked(places, rows):
    """What the rules ask for in the community today, counted by hand: place, role, missing."""
    held = {}
    for row in rows:
        if Span(row.from_date, row.to_date).covers(TODAY):
            held[row.place_code, row.role] = held.get((row.place_code, row.role), 0) + 1
    inside = [code for code in places.by_code if code.startswith(places.community)]
    # Buildings without details are not known to lack property management.
    roles = [role for role in chain_rules().roles.values() if not role.only]
    wanted = {
        (code, role.code): role.minimum - held.get((code, role.code), 0)
        for role in roles
        for code in inside
        if len(code) == int(role.level)
    }
    return {(*key, missing) for key, missing in wanted.items() if missing > 0}


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(todo=steps)
def test_never_two_holders_and_the_vacancies_are_what_the_rules_ask_for(
    alice, places, person, todo
):
    with transaction.atomic():
        people = [person(alice, name) for name in ("王一", "王二", "王三")]
        refresh(by=alice, area=places.community)
        for step in todo:
            try:
                with acting(alice):
                    _do(alice, places, people, step)
            except (Invalid, Conflict):
                continue
        with acting(alice):
            rows = list(Responsibility.objects.filter(substitute_for=None))
            for place in (places.grid, places.other_grid):
                here = [r for r in rows if r.place_code == place]
                for n in range(DAYS + 2):
                    held = [r for r in here if Span(r.from_date, r.to_date).covers(day(n))]
                    assert len(held) <= 1, (place, day(n), todo)
            for one in people:
                own = [Span(r.from_date, r.to_date) for r in rows if r.person_id == one.id]
                most = chain_rules().role("grid_officer").max_per_holder
                assert most_at_once(own, Span(FIRST)) <= most
            for row in Responsibility.objects.exclude(substitute_for=None):
                holder = row.substitute_for
                assert holder.from_date <= row.from_date
                assert holder.to_date is None or row.to_date <= holder.to_date
            listed = set(Vacancy.objects.values_list("place_code", "role", "missing"))
            assert listed == _asked(places, rows)
        transaction.set_rollback(True)
