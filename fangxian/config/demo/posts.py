"""Posts of the community with their shifts, and the volunteers who take them.

What was served lies in the days before today and, at any hour, in today up to now, with those who
are on duty at the moment. Of the days to come most places are taken, some wait for somebody, then
come three days by a roster that was worked out and published, its repair after somebody fell out,
which waits beside it, and one of the days after it.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Sequence
from typing import Any

from django.utils import timezone

from fangxian.common.actor import Actor
from fangxian.common.errors import Conflict, Invalid
from fangxian.common.scoping import acting
from fangxian.config.demo.accounts import areas
from fangxian.config.demo.officers import Officers
from fangxian.config.demo.recipe import Chance
from fangxian.core import runner
from fangxian.mobilise import lacking
from fangxian.mobilise.actions import (
    NewPattern,
    NewSkill,
    draft_roster,
    enlist,
    enlist_new,
    issue_certificate,
    lay_out,
    make_wish,
    open_post,
    publish_draft,
    put_on,
    repair_roster,
    take_what_is_there,
)
from fangxian.mobilise.duties import duties_of
from fangxian.mobilise.fatigue import follow_load
from fangxian.mobilise.models import Pattern, Post, RosterDraft, Shift, Turn, Volunteer, Wish
from fangxian.mobilise.rules import post_rules
from fangxian.organisations.models import Organisation
from fangxian.people.models import Person
from fangxian.regions.queries import at

DAY = dt.timedelta(days=1)
# Days before today that were served, days after it that are filled, and laid out.
SERVED, FILLED, AHEAD = 4, 3, 9
TAKEN = 0.85
ABSENT = 0.04
NOTED = 0.3
LEFT_EACH = 3
EACH = dt.timedelta(minutes=20)
# How many of the volunteers have said when they like to serve, or can't.
WISHING = 15


def set_up(by: Actor, chance: Chance, officers: Officers) -> None:
    """Open the posts, enlist the volunteers; then what is served and taken by today."""
    data = chance.data["posts"]
    where = areas(chance.data["county"])
    office = officers.account("shequ")
    _enlist(by, office, chance, where["community"])
    posts = [
        open_post(
            by=office,
            place=at(where[row["at"]]),
            name=row["name"],
            kind=row["kind"],
            duties=row.get("duties", ()),
            patterns=[
                NewPattern(name, dt.time.fromisoformat(starts), minutes, heads, skills)
                for name, starts, minutes, heads, skills in row["shifts"]
            ],
        )
        for row in data["at"]
    ]
    first = chance.today + DAY
    for post in posts:
        lay_out(by=office, post=post, first=first, last=first + SERVED * DAY)
    volunteers = _present(by, where["community"])
    draw = random.Random(chance.data["seed"])  # noqa: S311 (made-up data, not secrets)
    with acting(by):
        shifts = list(lacking.standing().filter(post__in=posts).order_by("starts_at", "id"))
        _every_day(office, volunteers[-1], shifts)
        for shift in shifts:
            _fill(office, shift, volunteers, draw)
        # They are those of the days before and of today: nobody signs up for what has begun.
        back = (SERVED + 1) * DAY
        for shift in Shift.objects.filter(post__in=posts):
            shift.day -= back
            shift.starts_at, shift.ends_at = shift.starts_at - back, shift.ends_at - back
            shift.cut_off -= back
            shift.save()
        Post.objects.filter(id__in=[post.id for post in posts]).update(
            opened_on=chance.today - SERVED * DAY
        )
    catch_up(by, chance, officers)
    with acting(by):
        body = office.organisation_id
        issuer = Organisation.objects.filter(id=body).first() if body else None
    if issuer is not None:
        for one in (volunteers[0], volunteers[-1]):
            _certify(office, one, issuer, chance)


def catch_up(by: Actor, chance: Chance, officers: Officers) -> None:
    """Shifts that are over were served; the days to come are laid out and mostly taken."""
    with acting(by):
        # Visitors may have closed posts, and opened some without shifts.
        patterns = Pattern.objects.filter(ended_on=None, post__closed_on=None)
        posts = list(Post.objects.filter(id__in=patterns.values("post")).order_by("id"))
    if not posts:
        return
    office = officers.account("shequ")
    community = areas(chance.data["county"])["community"]
    posts = [post for post in posts if post.place_code.startswith(community)]
    draw = random.Random(chance.today.toordinal())  # noqa: S311 (made-up data, not secrets)
    with acting(by):
        _serve(chance, draw)
    volunteers = _present(by, community)
    for post in posts:
        lay_out(by=by, post=post, first=chance.today, last=chance.today + AHEAD * DAY)
    with acting(by):
        soon = lacking.standing().filter(
            post__in=posts, placed=0, starts_at__gt=timezone.now(),
            day__lte=chance.today + FILLED * DAY,
        )  # fmt: skip
        shifts = list(soon.order_by("starts_at", "id"))
        _every_day(office, volunteers[-1], shifts)
        for shift in shifts:
            _fill(office, shift, volunteers, draw)
    _rosters(by, office, chance, community)
    follow_load(by=by)


def _every_day(office: Actor, one: Volunteer, shifts: Sequence[Shift]) -> None:
    """Somebody who serves day after day, until no limit lets him any more."""
    on: set[dt.date] = set()
    for shift in shifts:
        if shift.day in on:
            continue
        try:
            put_on(by=office, shift=shift, volunteer=one, source=Turn.Source.TAP)
        except (Conflict, Invalid):
            continue
        on.add(shift.day)


def _certify(office: Actor, one: Volunteer, issuer: Organisation, chance: Chance) -> None:
    """A certificate of what was served so far, if anything was."""
    try:
        issue_certificate(
            by=office,
            volunteer=one,
            first=chance.today - SERVED * DAY,
            last=chance.today,
            issuer=issuer,
        )
    except Invalid:
        return


def _enlist(by: Actor, office: Actor, chance: Chance, community: str) -> None:
    data, place = chance.data["posts"], at(community)
    draw = random.Random(chance.data["seed"])  # noqa: S311 (made-up data, not secrets)
    for n in range(1, data["volunteers"] + 1):
        # The first are nurses: a sampling table needs one in each shift.
        skills = {"nurse"} if n <= 6 else {draw.choice(data["skills"])} if n % 2 else set()
        enlist_new(
            by=office,
            place=place,
            # Without figures, as names are: a ledger of them can be taken back.
            name=data["name"].format(n="".join(data["digits"][int(d)] for d in str(n))),
            phones=[chance.phone()],
            skills=[NewSkill(skill) for skill in sorted(skills)],
            echelon=1 if n <= 20 else 2,
            vehicle=n % 5 == 0,
            fit=True,
        )
    with acting(by):
        name = next(row["name"] for row in chance.data["accounts"] if row["role"] == "volunteer")
        holder = Person.objects.filter(name=name).first()
    if holder is not None:
        enlist(by=office, place=place, person=holder, fit=True)


def _present(by: Actor, community: str) -> list[Volunteer]:
    with acting(by):
        return list(Volunteer.objects.filter(place_code=community, to_date=None).order_by("rank"))


def _fill(
    office: Actor, shift: Shift, volunteers: Sequence[Volunteer], draw: random.Random
) -> None:
    """Put people on a shift, as they would have signed up: most places are taken."""
    wanted = sum(1 for _head in range(shift.heads) if draw.random() < TAKEN)
    for one in draw.sample(list(volunteers), len(volunteers)):
        if wanted <= 0:
            return
        try:
            turn = put_on(by=office, shift=shift, volunteer=one, source=Turn.Source.TAP)
        except (Conflict, Invalid):
            continue
        if turn.state == Turn.State.PLACED:
            wanted -= 1
        else:
            # Of those who wait one is enough.
            return


def _serve(chance: Chance, draw: random.Random) -> None:
    notes: list[str] = chance.data["posts"]["notes"]
    now = timezone.now()
    begun = Turn.objects.filter(
        state=Turn.State.PLACED, went_at=None, shift__starts_at__lte=now
    ).select_related("shift__post")
    rules = post_rules()
    for n, turn in enumerate(begun.order_by("shift__starts_at", "number")):
        changes: dict[str, Any]
        if turn.shift.ends_at >= now:
            changes = {"came_at": turn.came_at or turn.shift.starts_at}
        elif turn.came_at is None and draw.random() < ABSENT:
            changes = {"state": Turn.State.ABSENT, "ended_at": turn.shift.ends_at}
        else:
            length = turn.shift.ends_at - turn.shift.starts_at
            changes = {
                "came_at": turn.shift.starts_at,
                "went_at": turn.shift.ends_at,
                "minutes": int(length.total_seconds()) // 60,
                "note": draw.choice(notes) if draw.random() < NOTED else None,
            }
        for name, value in changes.items():
            setattr(turn, name, value)
        if turn.came_at is not None:
            duties = duties_of(turn.shift.post, rules)
            # One who is there leaves the last to somebody else now and then.
            turn.done = {
                duty.key: at.isoformat()
                for m, duty in enumerate(duties[: len(duties) - (n % LEFT_EACH == 0)], start=1)
                if (at := turn.shift.starts_at + m * EACH) < min(now, turn.shift.ends_at)
            }
        turn.save()


def _rosters(by: Actor, office: Actor, chance: Chance, community: str) -> None:
    """Wishes; a roster that is published, its repair and a further one wait to be looked at."""
    volunteers, place = _present(by, community), at(community)
    with acting(by):
        if not Wish.objects.exists():
            _wish(office, volunteers, chance)
        waiting = RosterDraft.objects.filter(state=RosterDraft.State.READY, repairs=False)
        if waiting.filter(first__gt=chance.today).exists():
            return
    first = chance.today + (FILLED + 1) * DAY
    until = first + 2 * DAY
    try:
        draft = _worked_out(office, draft_roster(by=office, place=place, first=first, last=until))
    except Invalid:
        # Visitors have closed the posts.
        return
    if draft.state == draft.State.READY:
        publish_draft(by=office, draft=draft, digest=draft.digest)
        with acting(by):
            on = Turn.objects.filter(state=Turn.State.PLACED, shift__day=first)
            gone = on.filter(source=Turn.Source.ROSTER).select_related("volunteer").first()
        if gone is not None:
            absent = [gone.volunteer]
            mending = repair_roster(by=office, place=place, first=first, last=first, absent=absent)
            _worked_out(office, mending)
    last = chance.today + AHEAD * DAY
    _worked_out(office, draft_roster(by=office, place=place, first=until + DAY, last=last))


def _worked_out(by: Actor, draft: RosterDraft) -> RosterDraft:
    """The same when its job has run; what it has by then is enough."""
    take_what_is_there(by=by, draft=draft)
    if draft.job_id is not None:
        runner.run(draft.job_id)
    with acting(by):
        draft.refresh_from_db()
    return draft


def _wish(office: Actor, volunteers: Sequence[Volunteer], chance: Chance) -> None:
    draw = random.Random(chance.data["seed"])  # noqa: S311 (made-up data, not secrets)
    for one in draw.sample(volunteers, min(WISHING, len(volunteers))):
        kind = draw.choice(Wish.Kind.values)
        if kind == Wish.Kind.OFF:
            day = chance.today + draw.randint(FILLED, AHEAD) * DAY
            make_wish(by=office, volunteer=one, kind=kind, first=day, until=day)
        else:
            part = draw.choice(["morning", "afternoon", "night"])
            make_wish(
                by=office, volunteer=one, kind=kind, part=part, weekday=draw.choice([None, 5])
            )
