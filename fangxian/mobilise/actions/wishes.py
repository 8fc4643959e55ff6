"""Wishes and days off: said by the volunteer, or by staff for him; taken back."""

from __future__ import annotations

import datetime as dt
from typing import Final
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from fangxian.common.actions import action
from fangxian.common.actor import Actor
from fangxian.common.errors import Conflict, Invalid, OutOfScope, Problem
from fangxian.mobilise.actions.signing import TAKE, myself
from fangxian.mobilise.actions.volunteers import KEEP
from fangxian.mobilise.models import Volunteer, Wish
from fangxian.mobilise.models.wish import MONDAY, SUNDAY
from fangxian.mobilise.roster_rules import roster_rules

MOST: Final = 60
_YEAR: Final = dt.timedelta(days=366)


@action
def make_wish(
    *,
    by: Actor,
    kind: str,
    volunteer: Volunteer | None = None,
    first: dt.date | None = None,
    until: dt.date | None = None,
    weekday: int | None = None,
    part: str = "",
) -> Wish:
    """Say when somebody likes to serve, would rather not, or can't: oneself without ``volunteer``.

    Said again, the wish there is comes back. Raises OutOfScope, Forbidden, Conflict (discharged),
    Invalid (unknown part of the day, days that are over, far away, or in the wrong order).
    """
    one = _volunteer(by, volunteer)
    begins = first or timezone.localdate()
    problems = list(_odd(kind, begins, until, weekday, part))
    if problems:
        raise Invalid(*problems)
    mine = Wish.objects.filter(volunteer=one)
    values = {"weekday": weekday, "first": begins, "until": until, "part": part}
    known = mine.filter(kind=kind, **values).first()
    if known is not None:
        return known
    today = timezone.localdate()
    if mine.exclude(until__lt=today).count() >= MOST:
        raise Conflict(
            _("More than %(n)d wishes at a time are not kept: take some back.") % {"n": MOST}
        )
    # The opposite said of the same time is a change of mind.
    mine.filter(**values).delete()
    return Wish.objects.create(
        volunteer=one, place_code=one.place_code, kind=kind, made_by=by.name, **values
    )


@action
def take_back_wish(*, by: Actor, wish: Wish, volunteer: Volunteer | None = None) -> None:
    """Take a wish back: one's own without ``volunteer``. Raises OutOfScope, Forbidden."""
    found = Wish.objects.select_for_update(of=("self",)).filter(id=wish.id).first()
    if found is None:
        raise OutOfScope(str(wish.id))
    if volunteer is not None:
        by.require(KEEP, found.place_code)
        if found.volunteer_id != volunteer.id:
            raise OutOfScope(str(wish.id))
    else:
        by.require(TAKE, found.place_code)
        own = Volunteer.objects.filter(id=found.volunteer_id, person_id=myself(by).person_id)
        if not own.exists():
            raise OutOfScope(str(wish.id))
    found.delete()


def _volunteer(by: Actor, volunteer: Volunteer | None) -> Volunteer:
    if volunteer is None:
        me = myself(by)
        by.require(TAKE, me.place_code)
        return _held(me.id)
    found = _held(volunteer.id)
    by.require(KEEP, found.place_code)
    return found


def _held(volunteer_id: UUID) -> Volunteer:
    found = Volunteer.objects.select_for_update(of=("self",)).filter(id=volunteer_id).first()
    if found is None:
        raise OutOfScope(str(volunteer_id))
    if found.to_date is not None:
        raise Conflict(_("This volunteer was discharged already."))
    return found


def _odd(
    kind: str, first: dt.date, until: dt.date | None, weekday: int | None, part: str
) -> list[Problem]:
    today, problems = timezone.localdate(), []
    if kind not in Wish.Kind.values:
        problems.append(Problem(_("Choose one of the three."), field="kind", code="unknown_code"))
    if part and part not in roster_rules().parts:
        problems.append(
            Problem(
                _("“%(code)s” is no part of the day.") % {"code": part},
                field="part",
                mend=_("Choose one of the list."),
                code="unknown_code",
            )
        )
    if weekday is not None and not MONDAY <= weekday <= SUNDAY:
        problems.append(Problem(_("Choose a weekday at least."), field="when"))
    if first < today or first > today + _YEAR:
        problems.append(Problem(_("Choose a day from today on, within a year."), field="first"))
    if until is not None and not first <= until <= first + _YEAR:
        problems.append(
            Problem(_("The last day comes after the first, within a year."), field="until")
        )
    return problems
