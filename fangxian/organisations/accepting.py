"""What becomes of proposals that somebody accepts: each is named as if by hand."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from fangxian.common import codes
from fangxian.common.actor import Actor
from fangxian.common.codes import Level
from fangxian.common.errors import Invalid
from fangxian.organisations import actions
from fangxian.organisations.checking import Appointment, Holder
from fangxian.organisations.finding import holder_of
from fangxian.organisations.models import Member, Organisation, Responsibility
from fangxian.organisations.queries import contacts_of, looks_after
from fangxian.organisations.rules import ChainRole, ChainRules, Post
from fangxian.organisations.vacancies import gathered
from fangxian.regions.models import Region
from fangxian.regions.queries import current
from fangxian.register.models import Household
from fangxian.register.queries import establishments_in, households_in


@dataclass
class Accepted:
    """What was refused, in words; how many nodes got somebody; who was named newly."""

    problems: list[str] = field(default_factory=list)
    count: int = 0
    rows: list[Responsibility] = field(default_factory=list)

    def refuse(self, error: Invalid) -> None:
        self.problems += [f"{p.message} {p.mend}" for p in error.problems]


def accept(
    by: Actor, here: Region, post: Post, rules: ChainRules, pairs: Sequence[tuple[UUID, str]]
) -> Accepted:
    """Name for each node in ``here`` the holder with that key; nodes elsewhere are left out.

    What got somebody else since it was proposed stays his.
    """
    done = Accepted()
    holders: dict[str, Holder] = {}
    for key in dict.fromkeys(key for _node, key in pairs):
        try:
            holders[key] = holder_of(key)
        except Invalid as error:
            done.refuse(error)
    wanted = {node: holders[key] for node, key in pairs if key in holders}
    with gathered(by):
        if isinstance(post, ChainRole):
            _places(by, here, post, wanted, done)
        elif post.code == rules.member_role:
            _households(by, here, wanted, done)
        else:
            _bodies(by, here, wanted, done)
    return done


Wanted = Mapping[UUID, Holder]


def _places(by: Actor, here: Region, post: Post, wanted: Wanted, done: Accepted) -> None:
    places = {p.id: p for p in current().filter(id__in=wanted) if codes.contains(here.code, p.code)}
    today = timezone.localdate()
    made = actions.appoint_many(
        by=by,
        wanted=[
            Appointment(
                places[node],
                post.code,
                holder,
                today,
                contact=kept_contact(holder),
                reason=_("accepted proposal"),
            )
            for node, holder in wanted.items()
            if node in places
        ],
    )
    done.problems += [f"{one.problem.message} {one.problem.mend}" for one in made if one.problem]
    done.rows += [one.row for one in made if one.new and one.row is not None]
    done.count += len(done.rows)


def _households(by: Actor, here: Region, wanted: Wanted, done: Accepted) -> None:
    taken = looks_after(wanted)
    homes: dict[tuple[UUID, str], list[Household]] = defaultdict(list)
    members: dict[UUID, Member] = {}
    for home in households_in(here.code).filter(id__in=wanted).exclude(id__in=taken):
        holder = wanted[home.id]
        if isinstance(holder, Member):
            members[holder.id] = holder
            homes[holder.id, home.place_code[: int(Level.GRID)]].append(home)
    places = {p.code: p for p in current().filter(code__in={code for _member, code in homes})}
    for (member, code), group in homes.items():
        try:
            row = actions.link_households(
                by=by,
                member=members[member],
                place=places[code],
                households=group,
                contact=kept_contact(members[member]),
            )
        except Invalid as error:
            done.refuse(error)
        else:
            done.rows.append(row)
            done.count += len(group)


def _bodies(by: Actor, here: Region, wanted: Wanted, done: Accepted) -> None:
    today = timezone.localdate()
    led = contacts_of(list(wanted), today).values("establishment_id")
    for body in establishments_in(here.code, today).filter(id__in=wanted).exclude(id__in=led):
        holder = wanted[body.id]
        if isinstance(holder, Organisation):
            continue
        try:
            row = actions.name_contact_leader(
                by=by, establishment=body, holder=holder, contact=kept_contact(holder)
            )
        except Invalid as error:
            done.refuse(error)
        else:
            done.rows.append(row)
            done.count += 1


def kept_contact(holder: Holder) -> str:
    """The work phone that the holder has in another responsibility, so it is written once."""
    whose = holder.person if isinstance(holder, Member) else holder
    rows = whose.responsibilities.filter(to_date=None, contact__isnull=False)
    row = rows.order_by("-from_date").first()
    return str(row.contact) if row is not None else ""
