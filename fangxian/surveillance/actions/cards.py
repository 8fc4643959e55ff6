"""Report cards: written, revised, verified, withdrawn; each with its clock."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from fangxian.accounts.actions import checked_reason
from fangxian.common.actions import action
from fangxian.common.actor import Actor
from fangxian.common.errors import Conflict, Forbidden, Invalid, OutOfScope, Problem
from fangxian.common.models import update_fields
from fangxian.core.actions.tasks import close_tasks, open_task
from fangxian.organisations.models import Organisation
from fangxian.people.actions import create_person, link_person
from fangxian.people.locks import lock_person
from fangxian.people.models import Person
from fangxian.regions.models import Region
from fangxian.surveillance import queries
from fangxian.surveillance.models import ReportCard
from fangxian.surveillance.rules import (
    MOST_HOURS,
    Catalogue,
    ReportRules,
    catalogue_at,
    report_rules,
)

REPORT: Final = "surveillance.report"
VERIFY: Final = "surveillance.verify"
LINK: Final = "case_report"
# The task of who has to verify a card within its hours.
TASK: Final = "surveillance.verify"
VERIFIERS: Final = "epidemiologist"
# A watch that goes wrong by so much is believed.
SLACK: Final = dt.timedelta(minutes=10)


@dataclass(frozen=True)
class NewCard:
    """What a card says of a case; codes are those of the rule sets.

    ``again``: another case of the same human and disease, though one was reported lately.
    """

    place: Region
    disease: str
    classification: str
    source: str
    belongs: str
    diagnosed_at: dt.datetime
    onset_on: dt.date | None = None
    died_on: dt.date | None = None
    occupation: str = ""
    organisation: Organisation | None = None
    doctor: str = ""
    address: str = ""
    note: str = ""
    again: bool = False


@action
def report_case(
    *,
    by: Actor,
    card: NewCard,
    person: Person | None = None,
    name: str = "",
    documents: Sequence[tuple[str, str]] = (),
    phones: Sequence[str] = (),
    **details: Any,
) -> ReportCard:
    """Write the card of a case: of a ``person`` who is known, or of somebody new with ``name``.

    Who has to verify it gets a task with the law's hours. ``details``: fields of a new person.
    Raises Invalid (unknown codes, dates that can't be), Conflict (the same case was reported), and
    as :func:`create_person`.
    """
    by.require(REPORT, card.place.code)
    rules, listed = report_rules(), catalogue_at(card.diagnosed_at)
    row = ReportCard(
        number=_number(card.place.code), place_code=card.place.code, disease=card.disease,
        catalogue_version=listed.version, classification=card.classification, source=card.source,
        belongs=card.belongs, occupation=card.occupation, organisation=card.organisation,
        doctor=card.doctor.strip(), onset_on=card.onset_on, diagnosed_at=card.diagnosed_at,
        died_on=card.died_on, address=card.address.strip() or None,
        note=card.note.strip() or None, made_by=by.name,
    )  # fmt: skip
    _checked(row, rules, listed)
    row.due_at = listed.due(row.disease, row.diagnosed_at)
    if person is None:
        person = create_person(
            by=by, place_code=row.place_code, link_kind=LINK, source_id=row.id, name=name,
            documents=documents, phones=phones, **details,
        )  # fmt: skip
    else:
        person = lock_person(person.id)
        link_person(
            by=by, person_id=person.id, place_code=row.place_code, kind=LINK, source_id=row.id
        )
    row.person, row.name = person, person.name
    if not card.again:
        _refuse_the_same(row, rules)
    row.save(force_insert=True)
    open_task(
        by=by, kind=TASK, place_code=row.place_code, assignee_role=VERIFIERS,
        title="Verify a report card", dedupe_key=str(row.pk),
        object_type="surveillance.ReportCard", object_id=row.pk,
        due_at=row.reported_at + dt.timedelta(hours=rules.verify_hours),
    )  # fmt: skip
    return row


@action
def revise_card(*, by: Actor, card_id: UUID, reason: str, **values: Any) -> ReportCard:
    """Revise what a card says (``REVISABLE``) for a reason; what it said stays in its history.

    A revised card is to be verified anew. Raises OutOfScope, Conflict (withdrawn), Invalid.
    """
    card = locked(card_id)
    by.require(REPORT, card.place_code)
    _open(card)
    if unknown := set(values) - REVISABLE:
        raise TypeError(f"not revisable: {sorted(unknown)}")
    why = checked_reason(reason)
    changed = update_fields(card, **values)
    if not changed:
        return card
    listed = catalogue_at(card.diagnosed_at)
    _checked(card, report_rules(), listed)
    again = card.state == ReportCard.State.VERIFIED
    card.revised_for, card.catalogue_version = why, listed.version
    card.due_at = listed.due(card.disease, card.diagnosed_at)
    card.state, card.verified_at, card.verified_by = ReportCard.State.REPORTED, None, ""
    card.save(
        update_fields=[
            *changed, "revised_for", "catalogue_version", "due_at", "state", "verified_at",
            "verified_by",
        ]
    )  # fmt: skip
    if again:
        open_task(
            by=by, kind=TASK, place_code=card.place_code, assignee_role=VERIFIERS,
            title="Verify a report card", dedupe_key=str(card.pk),
            object_type="surveillance.ReportCard", object_id=card.pk,
            due_at=timezone.now() + dt.timedelta(hours=report_rules().verify_hours),
        )  # fmt: skip
    return card


REVISABLE: Final = frozenset(
    {
        "disease", "classification", "onset_on", "diagnosed_at", "died_on", "belongs", "occupation",
        "doctor", "address", "note",
    }
)  # fmt: skip


@action
def verify_card(*, by: Actor, card_id: UUID) -> ReportCard:
    """Confirm that a card is right, by somebody else than who wrote it.

    Raises OutOfScope, Forbidden, Conflict (withdrawn, or verified already).
    """
    card = locked(card_id)
    by.require(VERIFY, card.place_code)
    _open(card)
    if card.state == ReportCard.State.VERIFIED:
        raise Conflict(_("The card was verified already."))
    if card.made_by == by.name:
        raise Forbidden(VERIFY, card.place_code)
    card.state, card.verified_at, card.verified_by = (
        ReportCard.State.VERIFIED, timezone.now(), by.name,
    )  # fmt: skip
    card.save(update_fields=["state", "verified_at", "verified_by"])
    close_tasks(by=by, kind=TASK, dedupe_keys=[str(card.pk)], done_fact="verified")
    return card


@action
def withdraw_card(*, by: Actor, card_id: UUID, reason: str) -> ReportCard:
    """Withdraw a card that is no case, or one twice; it stays, and counts nowhere.

    Raises OutOfScope, Conflict (withdrawn already), Invalid.
    """
    card = locked(card_id)
    by.require(REPORT, card.place_code)
    _open(card)
    card.withdrawn_for = checked_reason(reason)
    card.state = ReportCard.State.WITHDRAWN
    card.save(update_fields=["state", "withdrawn_for"])
    close_tasks(by=by, kind=TASK, dedupe_keys=[str(card.pk)], done_fact="withdrawn")
    return card


def locked(card_id: UUID) -> ReportCard:
    """A card of the actor's area, locked. Raises OutOfScope."""
    found = ReportCard.objects.select_for_update(of=("self",)).filter(pk=card_id).first()
    if found is None:
        raise OutOfScope(f"card {card_id}")
    return found


def _open(card: ReportCard) -> None:
    if card.state == ReportCard.State.WITHDRAWN:
        raise Conflict(_("The card was withdrawn."))


def _number(place: str) -> str:
    """A number that can be read aloud: county, day, and what tells it from the others."""
    return f"{place[:6]}-{timezone.localdate():%y%m%d}-{secrets.token_hex(4).upper()}"


def _checked(card: ReportCard, rules: ReportRules, listed: Catalogue) -> None:
    """Refuse codes that aren't there and days that can't be. Raises Invalid."""
    listed.named(card.disease)
    problems = [*_codes(card, rules), *_days(card)]
    if problems:
        raise Invalid(*problems)


def _codes(card: ReportCard, rules: ReportRules) -> Iterator[Problem]:
    for field, known in (
        ("classification", rules.classifications), ("source", rules.sources),
        ("belongs", rules.belongs), ("occupation", rules.occupations),
    ):  # fmt: skip
        code = getattr(card, field)
        if code not in known and not (field == "occupation" and not code):
            yield Problem(
                _("“%(code)s” is not in the list.") % {"code": code[:40]}, field,
                mend=_("Choose one of the list."), code="code",
            )  # fmt: skip


def _days(card: ReportCard) -> Iterator[Problem]:
    now = timezone.now()
    diagnosed = timezone.localdate(card.diagnosed_at)
    if card.diagnosed_at > now + SLACK:
        yield Problem(
            _("The diagnosis lies in the future."), "diagnosed_at",
            mend=_("Write when it was made."), code="future",
        )  # fmt: skip
    elif card.diagnosed_at < now - dt.timedelta(hours=MOST_HOURS):
        yield Problem(
            _("The diagnosis was made more than %(days)d days ago.") % {"days": MOST_HOURS // 24},
            "diagnosed_at", mend=_("Compare it with the record."), code="long_ago",
        )  # fmt: skip
    if card.onset_on is not None and card.onset_on > diagnosed:
        yield Problem(
            _("The onset lies after the diagnosis."), "onset_on",
            mend=_("Compare both with the record."), code="onset",
        )  # fmt: skip
    if card.died_on is not None and not (
        (card.onset_on or card.died_on) <= card.died_on <= timezone.localdate(now)
    ):
        yield Problem(
            _("The day of death lies in the future or before the onset."), "died_on",
            mend=_("Compare both with the record."), code="died",
        )  # fmt: skip


def _refuse_the_same(card: ReportCard, rules: ReportRules) -> None:
    """Refuse a second card of one case. Raises Conflict naming the first."""
    first = queries.same_case(card, rules.same_days).first()
    if first is not None:
        raise Conflict(
            _("This case was reported already: card %(number)s of %(day)s.")
            % {"number": first.number, "day": timezone.localdate(first.diagnosed_at).isoformat()}
        )
