"""Posts: opened with the shifts that recur there, changed, closed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from django.utils import timezone
from django.utils.translation import gettext as _

from fangxian.common.actions import action
from fangxian.common.actor import Actor
from fangxian.common.errors import Conflict, Invalid, OutOfScope, Problem
from fangxian.common.ids import new_token
from fangxian.common.models import update_fields
from fangxian.core import emergencies
from fangxian.core.models import Emergency
from fangxian.mobilise.models import Pattern, Post
from fangxian.mobilise.models.post import EVERY_DAY, MOST_HEADS, MOST_MINUTES
from fangxian.mobilise.rules import post_rules
from fangxian.organisations.models import Organisation
from fangxian.regions.models import Region

VIEW: Final = "mobilise.view"
PLAN: Final = "mobilise.posts"
LONGEST_NAME: Final = 20
MOST_DUTIES: Final = 20
LONGEST_DUTY: Final = 60


@dataclass(frozen=True)
class NewPattern:
    """A shift that recurs: ``minutes`` from ``starts`` on; ``skills`` is code → heads."""

    name: str
    starts: dt.time
    minutes: int
    heads: int
    skills: Mapping[str, int] = field(default_factory=dict)
    weekdays: int = EVERY_DAY
    on_holidays: str = Pattern.Holidays.ALL


@action
def open_post(
    *,
    by: Actor,
    place: Region,
    name: str,
    kind: str,
    patterns: Sequence[NewPattern] = (),
    organisation: Organisation | None = None,
    emergency: Emergency | None = None,
    duties: Sequence[str] = (),
) -> Post:
    """Open a post from today on; without ``duties`` those of its kind are to be done there.

    Raises Invalid (name taken, unknown kind, odd shifts)."""
    by.require(PLAN, place.code)
    post = Post(
        place_code=place.code,
        name=name.strip(),
        kind=kind,
        organisation=organisation,
        emergency=emergency,
        duties=[one.strip() for one in duties],
        token=new_token(),
        opened_on=timezone.localdate(),
        made_by=by.name,
    )
    emergencies.check(place.code, emergency.id if emergency else None)
    _refuse(post, patterns)
    post.save(force_insert=True)
    _set_patterns(post, patterns)
    return post


@action
def change_post(
    *,
    by: Actor,
    post: Post,
    name: str,
    kind: str,
    patterns: Sequence[NewPattern],
    organisation: Organisation | None = None,
    duties: Sequence[str] = (),
) -> Post:
    """Change a post and the shifts that recur there; shifts that are laid out already stay.

    Raises Conflict (closed), Invalid.
    """
    found = held(by, post)
    changed = update_fields(
        found,
        name=name.strip(),
        kind=kind,
        organisation_id=organisation.id if organisation else None,
        duties=[one.strip() for one in duties],
    )
    present = Pattern.objects.filter(post=found, ended_on=None).values_list("skills", flat=True)
    _refuse(found, patterns, {code for skills in present for code in skills})
    if changed:
        found.save(update_fields=changed)
    _set_patterns(found, patterns)
    return found


def held(by: Actor, post: Post) -> Post:
    """The post, locked, that ``by`` may change. Raises OutOfScope, Forbidden, Conflict (closed)."""
    found = Post.objects.select_for_update().filter(id=post.id).first()
    if found is None:
        raise OutOfScope(str(post.id))
    by.require(PLAN, found.place_code)
    if found.closed_on is not None:
        raise Conflict(_("The post was closed already."))
    return found


def _refuse(post: Post, patterns: Sequence[NewPattern], has: Collection[str] = ()) -> None:
    rules = post_rules()
    problems: list[Problem] = []
    if not post.name:
        problems.append(Problem(_("Give the post a name."), field="name"))
    if post.kind not in rules.kinds:
        problems.append(
            Problem(
                _("“%(code)s” is no kind of post.") % {"code": post.kind},
                field="kind",
                mend=_("Choose one of the list."),
                code="unknown_code",
            )
        )
    same = Post.objects.filter(place_code=post.place_code, name=post.name, closed_on=None)
    if same.exclude(id=post.id).exists():
        problems.append(
            Problem(
                _("There is a post of that name at this place."),
                field="name",
                mend=_("Choose another name."),
                code="taken",
            )
        )
    problems += _odd_duties(post.duties)
    problems += _odd(patterns, has)
    if problems:
        raise Invalid(*problems)


def _odd_duties(duties: Sequence[str]) -> Iterator[Problem]:
    if len(duties) > MOST_DUTIES:
        yield Problem(_("Write at most %(n)d duties.") % {"n": MOST_DUTIES}, field="duties")
    for row, one in enumerate(duties, start=1):
        if not 1 <= len(one) <= LONGEST_DUTY:
            yield Problem(
                _("Write each duty in at most %(n)d characters.") % {"n": LONGEST_DUTY},
                field="duties",
                row=row,
            )
        if one in duties[: row - 1]:
            yield Problem(
                _("“%(name)s” stands here twice.") % {"name": one}, field="duties", row=row
            )


def _odd(patterns: Sequence[NewPattern], has: Collection[str]) -> Iterator[Problem]:
    # What the rules have no more stays where it is asked for already.
    skills = {*post_rules().skills, *has}
    names: set[str] = set()
    for row, one in enumerate(patterns, start=1):

        def said(message: str, row: int = row) -> Problem:
            return Problem(message, field="patterns", row=row)

        if not one.name or len(one.name) > LONGEST_NAME:
            yield said(
                _("Give each shift a name of at most %(n)d characters.") % {"n": LONGEST_NAME}
            )
        if one.name in names:
            yield said(_("“%(name)s” stands here twice.") % {"name": one.name})
        names.add(one.name)
        if not 1 <= one.minutes <= MOST_MINUTES:
            yield said(_("A shift lasts between a minute and a day."))
        if not 1 <= one.heads <= MOST_HEADS:
            yield said(_("A shift needs between 1 and %(n)d people.") % {"n": MOST_HEADS})
        if not 1 <= one.weekdays <= EVERY_DAY:
            yield said(_("Choose a weekday at least."))
        for code, n in one.skills.items():
            if code not in skills:
                yield said(_("“%(code)s” is no skill.") % {"code": code})
            elif n < 1:
                yield said(_("Say how many need the skill: one at least."))
        if sum(one.skills.values()) > one.heads:
            yield said(_("More people with a skill are wanted than people at all."))


def _set_patterns(post: Post, patterns: Sequence[NewPattern]) -> None:
    present = {one.name: one for one in Pattern.objects.filter(post=post, ended_on=None)}
    for new in patterns:
        values = {
            "starts": new.starts,
            "minutes": new.minutes,
            "heads": new.heads,
            "skills": dict(new.skills),
            "weekdays": new.weekdays,
            "on_holidays": new.on_holidays,
        }
        known = present.pop(new.name, None)
        if known is None:
            Pattern.objects.create(post=post, place_code=post.place_code, name=new.name, **values)
        elif changed := update_fields(known, **values):
            known.save(update_fields=changed)
    Pattern.objects.filter(id__in=[one.id for one in present.values()]).update(
        ended_on=timezone.localdate()
    )
