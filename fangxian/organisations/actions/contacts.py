"""Leaders who keep contact with hospitals, enterprises and schools."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from fangxian.common.actions import action
from fangxian.common.actor import Actor
from fangxian.common.errors import Invalid, Problem
from fangxian.common.ids import uuid7
from fangxian.common.ui import formats
from fangxian.organisations.actions.responsibilities import (
    APPOINT,
    close,
    create,
    lock,
    withdraw_responsibility,
)
from fangxian.organisations.checking import Appointment, gone, holder_name
from fangxian.organisations.loads import are_judged_last, held_by, most_at_once
from fangxian.organisations.models import Member, Responsibility
from fangxian.organisations.rules import chain_rules
from fangxian.organisations.vacancies import refresh_places, refreshed_last
from fangxian.people.models import Person
from fangxian.regions.queries import at
from fangxian.register.models import Establishment


@action
@refreshed_last
def name_contact_leader(
    *,
    by: Actor,
    establishment: Establishment,
    holder: Person | Member,
    contact: str = "",
    on: dt.date | None = None,
) -> Responsibility:
    """Name who keeps contact with an establishment; a former one's last day is the day before.

    Who was to begin later is taken back: nobody keeps contact beside another. Raises Invalid when
    its kind has none by the rules, the holder is gone or has the most already.
    """
    by.require(APPOINT, establishment.place_code)
    day = on or timezone.localdate()
    rules = chain_rules(day)
    place = at(establishment.place_code)
    wanted = Appointment(place, rules.contact_role, holder, day, None, contact)
    lock([wanted])
    present = list(
        Responsibility.objects.filter(
            establishment=establishment, role=rules.contact_role, substitute_for=None
        )
        .exclude(to_date__lt=day)
        .select_related("place")
        .order_by("from_date")
    )
    problem = gone(holder, day)
    if establishment.kind not in rules.contact_kinds:
        problem = Problem(
            _("“%(kind)s” has no contact leader.") % {"kind": establishment.kind_label},
            field="establishment",
            mend=_("Choose a hospital, an enterprise or a school."),
            code="kind",
        )
    elif problem is None:
        problem = _taken(present, wanted) or full(rules.contact_max_per_holder, wanted)
    if problem is not None:
        raise Invalid(problem)
    made_id = uuid7()
    # The last first: one that is taken back lets the one before go on.
    for row in reversed(present):
        row.refresh_from_db(fields=["to_date", "cut_for", "cut_until"])
        _replace(by, row, day, made_id)
    made = create(by, wanted, rules.version, establishment_id=establishment.id, row_id=made_id)
    refresh_places(by, [place])
    return made


def _taken(present: Sequence[Responsibility], wanted: Appointment) -> Problem | None:
    if any(row.person_id == wanted.holder_id for row in present):
        return Problem(
            _("%(name)s holds it already.") % {"name": holder_name(wanted.holder)},
            field="holder",
            mend=_("Choose somebody else."),
            code="same",
        )
    return None


def full(most: int, wanted: Appointment) -> Problem | None:
    """Why the holder can keep contact with no further establishment, or None."""
    spans = (span for _who, _role, span, _id in held_by([wanted.holder_id], [wanted.role]))
    held = most_at_once(spans, wanted.span)
    if held < most or are_judged_last():
        return None
    return Problem(
        _("%(name)s keeps contact with %(held)d already; %(most)d is the most.")
        % {"name": holder_name(wanted.holder), "held": held, "most": most},
        field="holder",
        mend=_("Choose somebody else, or end one of those first."),
        code="load",
    )


def _replace(by: Actor, row: Responsibility, day: dt.date, made_id: UUID) -> None:
    if row.from_date >= day >= timezone.localdate():
        # It never held for a day.
        withdraw_responsibility(by=by, responsibility=row)
    elif row.from_date >= day:
        raise Invalid(
            Problem(
                _("%(name)s keeps contact since %(day)s.")
                % {"name": row.holder_name, "day": formats.date(row.from_date)},
                field="on",
                mend=_("Choose a later day."),
                code="too_early",
            )
        )
    else:
        close(by, row, day - dt.timedelta(days=1), taken_over=made_id)
