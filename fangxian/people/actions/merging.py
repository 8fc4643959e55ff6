"""Deciding on possible duplicates: merge, with everything kept to undo it, or dismiss."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.apps import apps
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from fangxian.common.actions import action
from fangxian.common.actor import Actor
from fangxian.common.errors import Conflict, OutOfScope
from fangxian.people import queries, queue, tokens
from fangxian.people.locks import lock_persons
from fangxian.people.matching import offer_pairs
from fangxian.people.models import Merge, MergeCandidate, Person, PersonLink
from fangxian.people.names import initials
from fangxian.people.references import Reference, plain, references, tell_changed

CHOOSABLE = (
    "name",
    "sex",
    "birth_date",
    "ethnicity",
    "nationality",
    "registered_address",
    "employer",
    "deceased_on",
)
MERGED_LINK = "merged"


@action
def propose_merge(*, by: Actor, first_id: UUID, second_id: UUID, reason: str = "named") -> UUID:
    """Put two persons in scope into the merge queue. Returns the entry's id (a token).

    Raises Conflict for a record that is merged already, and for records in two provinces.
    """
    by.require("people.edit")
    queries.by_id(first_id)
    queries.by_id(second_id)
    if first_id == second_id:
        raise Conflict(_("This is one record, not two."))
    found = offer_pairs([(first_id, second_id)], reason)
    if not found:
        raise Conflict(_("These records can't be paired: merged already, or in two provinces."))
    queue.open_for(by, found)
    return found[0]


def _open_candidate(by: Actor, candidate_id: UUID) -> MergeCandidate:
    found = MergeCandidate.objects.select_for_update().filter(pk=candidate_id).first()
    if found is None:
        raise OutOfScope(f"merge candidate {candidate_id}")
    by.require("people.merge", found.place_code)
    if found.state != MergeCandidate.State.OPEN:
        raise Conflict(_("This pair has been decided on meanwhile."))
    return found


@action
def dismiss(*, by: Actor, candidate_id: UUID) -> MergeCandidate:
    """Record that the two are different people. They are not offered again."""
    found = _open_candidate(by, candidate_id)
    _decide(found, by, MergeCandidate.State.DISMISSED)
    queue.close_for(by, found)
    return found


def _decide(candidate: MergeCandidate, by: Actor, state: str) -> None:
    candidate.state = state
    candidate.decided_at = timezone.now() if state != MergeCandidate.State.OPEN else None
    candidate.decided_by = by.user_id if state != MergeCandidate.State.OPEN else None
    candidate.save(update_fields=["state", "decided_at", "decided_by"])


@action
def merge(
    *, by: Actor, candidate_id: UUID, keep_id: UUID, take: frozenset[str] | set[str] = frozenset()
) -> Merge:
    """Make two records one: ``keep_id`` stays, with the fields in ``take`` from the other.

    All rows that name the other are moved and noted; those that the kept record has too (the same
    document) stay behind, and what would count one human twice (a second open residency) ends.
    Raises Conflict when one of them reaches beyond the actor's area
    meanwhile: the pair then waits for who is responsible for both places.
    """
    found = _open_candidate(by, candidate_id)
    if keep_id not in (found.first_id, found.second_id):
        raise OutOfScope(f"person {keep_id}")
    unknown = set(take) - set(CHOOSABLE)
    if unknown:
        raise TypeError(f"not fields to choose: {sorted(unknown)}")
    lost_id = found.second_id if keep_id == found.first_id else found.first_id
    # A link made since then elsewhere moves the decision to a place that contains it too.
    offer_pairs([(keep_id, lost_id)], found.reason)
    if not MergeCandidate.objects.filter(pk=found.pk).exists():
        raise Conflict(_("One of the two is registered elsewhere too: the level above decides."))
    locked = lock_persons([keep_id, lost_id]).in_bulk()
    kept, lost = locked[keep_id], locked[lost_id]
    if kept.merged_into_id or lost.merged_into_id:
        raise Conflict(
            _("One of the two is merged into a third record: decide on the pair with that one.")
        )
    tokens.erase_everywhere([kept.id, lost.id])
    done = Merge(
        place_code=found.place_code, candidate=found, kept=kept, lost=lost, merged_by=by.user_id
    )
    done.changed = _take(kept, lost, set(take))
    stay = {
        name: reference.clashes(lost.id, kept.id)
        for name, reference in references.items()
        if reference.clashes
    }
    settled = {
        name: reference.settle(by, lost.id, kept.id)
        for name, reference in references.items()
        if reference.settle
    }
    done.moved = {
        name: _move(reference, lost.id, kept.id, stay.get(name, []))
        for name, reference in references.items()
    }
    done.moved["settled"] = settled
    done.moved["links"] = _move_links(lost.id, kept.id)
    done.save(force_insert=True)
    # The lost record stays in sight of who can undo this.
    PersonLink.objects.create(
        person=lost, place_code=found.place_code, kind=MERGED_LINK, source_id=done.id
    )
    lost.merged_into = kept
    lost.save(update_fields=["merged_into"])
    tokens.write_everywhere([kept.id])
    tell_changed(by, [kept.id, lost.id])
    _decide(found, by, MergeCandidate.State.MERGED)
    queue.close_for(by, found)
    return done


def _take(kept: Person, lost: Person, take: set[str]) -> dict[str, Any]:
    changed = {}
    for name in CHOOSABLE:
        before, after = getattr(kept, name), getattr(lost, name)
        if name in take and before != after:
            changed[name] = {"before": plain(before), "after": plain(after)}
            setattr(kept, name, after)
    if changed:
        kept.initials = initials(kept.name)
        kept.save()
    return changed


def _parsed(person: Person, name: str, value: Any) -> Any:
    field: Any = person._meta.get_field(name)
    return field.to_python(value)


def _move(reference: Reference, lost: UUID, kept: UUID, stay: list[UUID]) -> list[str]:
    model: Any = apps.get_model(reference.model)
    rows = model._base_manager.filter(**{reference.field: lost}).exclude(pk__in=stay)
    ids = list(rows.values_list("pk", flat=True))
    model._base_manager.filter(pk__in=ids).update(**{reference.field: kept})
    return [str(key) for key in ids]


def _move_links(lost: UUID, kept: UUID) -> list[list[str]]:
    links = list(
        PersonLink.objects.filter(person_id=lost).values_list("place_code", "kind", "source_id")
    )
    _relink(links, kept)
    PersonLink.objects.filter(person_id=lost).delete()
    return [[place, kind, str(source)] for place, kind, source in links]


def _relink(links: list[tuple[str, str, UUID]], person: UUID) -> None:
    PersonLink.objects.bulk_create(
        [
            PersonLink(person_id=person, place_code=place, kind=kind, source_id=source)
            for place, kind, source in links
        ],
        ignore_conflicts=True,
    )


@action
def undo_merge(*, by: Actor, merge_id: UUID) -> Merge:
    """Make the two records again what they were. What was added to the kept one since stays there.

    Raises Conflict when a field that the merge set was changed since (nobody's later work is lost)
    and while the kept record is part of a later merge: merges are undone in reverse order.
    """
    done = Merge.objects.select_for_update().filter(pk=merge_id).first()
    if done is None:
        raise OutOfScope(f"merge {merge_id}")
    by.require("people.merge", done.place_code)
    if done.undone_at:
        raise Conflict(_("This merge has been undone already."))
    both = lock_persons([done.kept_id, done.lost_id]).in_bulk()
    kept, lost = both.get(done.kept_id), both.get(done.lost_id)
    later = Merge.objects.filter(Q(kept=done.kept_id) | Q(lost=done.kept_id), undone_at=None)
    # Unseen, the kept record has been merged by a level above since.
    if (
        kept is None
        or lost is None
        or kept.merged_into_id
        or later.filter(created_at__gt=done.created_at).exists()
    ):
        raise Conflict(
            _("The record that was kept is part of a later merge: undo the later merge first.")
        )
    for name, values in done.changed.items():
        if plain(getattr(kept, name)) != values["after"]:
            field: Any = kept._meta.get_field(name)
            raise Conflict(
                _("“%(field)s” was changed after the merge: set it back first.")
                % {"field": field.verbose_name}
            )
    tokens.erase_everywhere([kept.id])
    lost.merged_into = None
    lost.save(update_fields=["merged_into"])
    _restore_links(done, kept.id, lost.id)
    for name, reference in references.items():
        model: Any = apps.get_model(reference.model)
        rows = model._base_manager.filter(pk__in=done.moved.get(name, []))
        rows.filter(**{reference.field: kept.id}).update(**{reference.field: lost.id})
    settled = done.moved.get("settled", {})
    # In the order of the merge: locks are taken in one order.
    for name, reference in references.items():
        if reference.reopen and name in settled:
            reference.reopen(by, settled[name])
    for name, values in done.changed.items():
        setattr(kept, name, _parsed(kept, name, values["before"]))
    if done.changed:
        kept.initials = initials(kept.name)
        kept.save()
    tokens.write_everywhere([kept.id, lost.id])
    tell_changed(by, [kept.id, lost.id])
    done.undone_at, done.undone_by = timezone.now(), by.user_id
    done.save(update_fields=["undone_at", "undone_by"])
    if done.candidate:
        _decide(done.candidate, by, MergeCandidate.State.OPEN)
        queue.open_for(by, [done.candidate.pk])
    return done


def _restore_links(done: Merge, kept: UUID, lost: UUID) -> None:
    """Give back the links whose sources were moved, at whatever place they lie now."""
    for _place, kind, source in done.moved.get("links", []):
        now = PersonLink.objects.filter(person_id=kept, kind=kind, source_id=source)
        _relink(list(now.values_list("place_code", "kind", "source_id")), lost)
        now.delete()
    PersonLink.objects.filter(person_id=lost, kind=MERGED_LINK, source_id=done.id).delete()
