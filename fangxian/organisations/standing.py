"""Standing party bodies that don’t fit their form, or whose leadership’s term ends."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Count, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from fangxian.common import codes
from fangxian.common.codes import Level
from fangxian.common.errors import Problem
from fangxian.common.ui import formats
from fangxian.organisations.models import Member, Organisation, OrganisationKind
from fangxian.organisations.standing_rules import StandingForm, StandingRules, standing_rules

# Each full member of a body and of what stands below it once; who serves elsewhere counts at home.
_MEMBERS = """
WITH RECURSIVE under AS (
    SELECT o.id AS top, o.id FROM organisations_organisation o WHERE o.id = ANY (%(bodies)s)
    UNION
    SELECT u.top, c.id FROM under u JOIN organisations_organisation c ON c.parent_id = u.id
    WHERE c.dissolved_on IS NULL AND c.kind_id = ANY (%(kinds)s))
SELECT u.top, count(DISTINCT m.person_id) FROM under u
JOIN organisations_member m ON m.organisation_id = u.id AND m.to_date IS NULL AND m.party_member
    AND NOT m.probationary
GROUP BY u.top
"""


def bodies_in(area: str) -> list[Organisation]:
    """The standing party bodies of an area that have a form."""
    lo, hi = codes.bounds(area)
    found = Organisation.objects.filter(
        dissolved_on=None, kind__in=list(standing_rules().forms), seat__code__gte=lo,
        seat__code__lt=hi,
    )  # fmt: skip
    return list(found.select_related("kind", "seat").order_by("seat__code", "name", "id"))


def unfit(bodies: Sequence[Organisation]) -> dict[UUID, list[Problem]]:
    """What the rules have against bodies of the reader's area, each with what to do; none of those
    that fit. Three queries."""
    rules = standing_rules()
    asked = [one for one in bodies if one.kind_id in rules.forms and one.dissolved_on is None]
    if not asked:
        return {}
    sizes, leading = _members(asked, rules), _leading(asked, rules)
    names = {kind.code: str(kind) for kind in OrganisationKind.objects.filter(code__in=rules.forms)}
    found = {}
    for one in asked:
        form, size = rules.forms[one.kind_id], sizes.get(one.id, 0)
        problems = [
            *_size(form, size, [names[k] for k in _fitting(rules, size) if k in names]),
            *_committee(form, size, leading.get(one.id, 0)),
            *_term(one, form, rules),
        ]
        if problems:
            found[one.id] = problems
    return found


def against(body: Organisation, area: str) -> list[Problem]:
    """What the rules have against one body; of one outside the area nothing is known."""
    return unfit([body]).get(body.id, []) if codes.contains(area, body.seat.code) else []


def _members(bodies: Iterable[Organisation], rules: StandingRules) -> dict[UUID, int]:
    values: dict[str, Any] = {
        "bodies": [one.id for one in bodies],
        "kinds": [*rules.forms, *rules.parts],
    }
    with connection.cursor() as cursor:
        cursor.execute(_MEMBERS, values)
        return dict(cursor.fetchall())


def _leading(bodies: Iterable[Organisation], rules: StandingRules) -> dict[UUID, int]:
    holding = Q(organisation__in=[one.id for one in bodies], duty__in=rules.duties)
    rows = Member.objects.filter(holding, to_date=None).order_by().values_list("organisation")
    return dict(rows.annotate(n=Count("person", distinct=True)))


def _fitting(rules: StandingRules, size: int) -> list[str]:
    return [form.kind for form in rules.forms.values() if size in form.size]


def _size(form: StandingForm, size: int, fits: Sequence[str]) -> Iterator[Problem]:
    if size in form.size:
        return
    if fits:
        mend = _("What fits this number: %(forms)s. Propose the change to the superior, or correct "
                 "the list of members.") % {"forms": _(", ").join(fits)}  # fmt: skip
    else:
        mend = _("Form it together with another one, or correct the list of members.")
    said = {"count": size, "least": form.size.least, "most": form.size.most}
    yield Problem(
        _("It has %(count)d full members of the party; this form takes %(least)d to %(most)d.")
        % said,
        field="kind",
        mend=mend,
        code="size",
    )


def _committee(form: StandingForm, size: int, leading: int) -> Iterator[Problem]:
    if form.committee is None:
        return
    said = {
        "from": form.committee_from,
        "least": form.committee.least,
        "most": form.committee.most,
        "size": leading,
    }
    if size >= form.committee_from and leading not in form.committee:
        yield Problem(
            _(
                "From %(from)d members of the party on it has a committee of %(least)d to "
                "%(most)d; %(size)d are recorded."
            )
            % said,
            field="duty",
            mend=_("Elect who is missing, and write their duties in the list of members."),
            code="committee",
        )
    elif size < form.committee_from and leading >= form.committee.least:
        yield Problem(
            _("Below %(from)d members of the party it has no committee.") % said,
            field="duty",
            mend=_("Name a secretary, and a deputy if need be; correct the others’ duties."),
            code="no_committee",
        )


def term_end(body: Organisation, form: StandingForm, rules: StandingRules) -> dt.date | None:
    """The last day of the term of those who lead a body; None if their election isn't known."""
    if body.elected_on is None:
        return None
    years = rules.village_years if body.seat.level >= Level.VILLAGE else form.years
    day, year = body.elected_on, body.elected_on.year + years
    # Of the 29th of February the term is full after the 28th.
    if (day.month, day.day) == (2, 29):
        return day.replace(year=year, day=28)
    return day.replace(year=year) - dt.timedelta(days=1)


def term_of(body: Organisation) -> dt.date | None:
    """The last day of the term of those who lead a body, None if it has none that is known."""
    rules = standing_rules()
    form = rules.forms.get(body.kind_id)
    return term_end(body, form, rules) if form else None


def _term(body: Organisation, form: StandingForm, rules: StandingRules) -> Iterator[Problem]:
    last, today = term_end(body, form, rules), timezone.localdate()
    if last is None or last > today + dt.timedelta(days=rules.warn_days):
        return
    text = (
        _("The term of its leadership ended on %(day)s.")
        if last < today
        else _("The term of its leadership ends on %(day)s.")
    )
    yield Problem(
        text % {"day": formats.date(last)},
        field="elected_on",
        mend=_("Prepare the election; afterwards write its day."),
        code="term",
    )
