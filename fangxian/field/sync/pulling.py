"""What a phone may hold now, against what it holds: the difference is what it is told.

There is no log of changes. Each pull reads what the places of the phone's holder have now (one grid
has some 300 doors) and compares it with the manifest that was remembered at the last one. A door
that was moved, closed or handed to somebody else, and a right that was taken away, all come out as
the same difference. A lost answer is asked for again by the same cursor and is given again.
"""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from fangxian.common import access, codes
from fangxian.common.actor import Actor
from fangxian.common.codes import Level
from fangxian.common.scoping import acting
from fangxian.core.queries import server_epoch
from fangxian.field.models import Operation, PhoneManifest
from fangxian.field.sync import entities, manifest, versions
from fangxian.field.sync.entities import Reach, Record
from fangxian.field.sync.opening import jumps
from fangxian.field.sync.operations import told_of
from fangxian.field.sync.phones import phone_rules
from fangxian.organisations.queries import in_force

# A grid in one page: what lies in it is read anew for each.
MOST: Final = 2_000
PULLS_KEPT: Final = 8
# Decisions on what was held are told so long, and until the phone has had them.
ANSWERS_KEPT: Final = dt.timedelta(days=14)
_ANSWERS: Final = "answers"


@dataclass(frozen=True)
class Page:
    """One answer of a pull. ``reset``: the phone forgets what it has before it takes this in."""

    epoch: str
    cursor: str
    reset: bool
    more: bool
    records: Sequence[Mapping[str, Any]]
    gone: Sequence[Mapping[str, Any]]
    answers: Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class _Held:
    """A record as it is now, whose it is and by whom it was read."""

    source: str
    record: Record
    version: bytes
    by: Actor | None = None


@dataclass
class _Now:
    """Everything that the phone may hold now."""

    held: dict[manifest.Key, _Held] = field(default_factory=dict)
    # Decisions of which it is not known yet that the phone has them.
    unheard: list[UUID] = field(default_factory=list)

    def add(self, source: entities.Source, record: Record, by: Actor) -> None:
        key = manifest.key_of(source.name, record.id.bytes)
        met = self.held.get(key)
        if met is not None:
            if source.merge is None:
                return
            record = source.merge(met.record, record)
        version = manifest.version_of(record.data, record.version)
        self.held[key] = _Held(source.name, record, version, by)


def pull(
    device_id: UUID,
    holder_id: UUID,
    actors: Sequence[Actor],
    *,
    cursor: str | None,
    epoch: str,
    seq: int | None = None,
) -> Page:
    """The next page for a phone whose holder, a user, acts as ``actors``: up to ``MOST`` records.

    ``cursor`` and ``epoch`` are those of the last page it has; None, or one that is not known, has
    it begin anew. ``seq`` is the number of its last operation: what has a later one was made
    later; without it nothing is known of that. The number of statements grows with the places, not
    with what lies in them.
    """
    with transaction.atomic():
        PhoneManifest.objects.bulk_create([_fresh(device_id)], ignore_conflicts=True)
        row = PhoneManifest.objects.select_for_update().get(device_id=device_id)
        known, has = row.cursor, row.has
        page = _next(row, _everything(device_id, holder_id, actors), cursor, epoch)
        moment = timezone.now()
        if seq is not None and not jumps(seq, _last(row)):
            row.pulls = [*row.pulls, [seq, moment.isoformat()]][-PULLS_KEPT:]
        row.pulled_at = moment
        # Mostly nothing has changed, and what the phone has need not be written again.
        fields = ["pulls", "pulled_at"] if row.has is has else ["pulls", "pulled_at", "has"]
        row.save(update_fields=None if row.cursor != known else fields)
        return page


def _last(row: PhoneManifest) -> int:
    return max((seq or 0 for seq, _at in row.pulls), default=0)


def pulls_of(device_id: UUID) -> list[tuple[int, dt.datetime]]:
    """When a phone last asked, with the number of its last operation then. One query."""
    kept = PhoneManifest.objects.filter(device_id=device_id).values_list("pulls", flat=True).first()
    return [(seq, dt.datetime.fromisoformat(at)) for seq, at in kept or [] if seq is not None]


def _fresh(device_id: UUID) -> PhoneManifest:
    return PhoneManifest(device_id=device_id, epoch="", cursor=_cursor())


def _cursor() -> str:
    return secrets.token_urlsafe(12)


def reaches(actors: Iterable[Actor]) -> list[Reach]:
    """The grids and buildings that they answer for: areas of grants, else posts of the person.

    Who answers for more than a grid by a grant has on the phone what his posts in it name; of the
    whole also what is set up there (``wide``). Last come the places outside his area where he does
    duty (``beyond``).
    """
    found: dict[tuple[Any, ...], Reach] = {}
    now = timezone.now()
    lease = dt.timedelta(hours=phone_rules().lease_hours)
    today, until = timezone.localdate(now), timezone.localdate(now + lease)
    for by in actors:
        for place in _places(by):
            near = Reach(by.within(place), place, today, until)
            found.setdefault((False, place, by.role), near)
        if len(by.area) < Level.GRID:
            wide = Reach(by, by.area, today, until, wide=True)
            found.setdefault((False, by.area, by.role), wide)
        for post in entities.posts_of(by):
            area, only = post.by.area, post.only
            there = Reach(post.by, area, today, until, beyond=True, only=only)
            found.setdefault((True, area, *sorted(map(str, only))), there)
    kept: dict[Any, Any] = {}
    every = enumerate(found[key] for key in sorted(found))
    return [replace(reach, number=number, kept=kept) for number, reach in every]


def _places(by: Actor) -> list[str]:
    if len(by.area) >= Level.GRID:
        return [by.area]
    if by.person_id is None:
        return []
    lo, hi = codes.bounds(by.area)
    with acting(by):
        posts = in_force().filter(
            person_id=by.person_id, place_code__gte=lo, place_code__lt=hi, place__valid_to=None
        )
        mine = set(posts.values_list("place_code", flat=True))
    return sorted(code for code in mine if len(code) >= Level.GRID)


def _everything(device_id: UUID, holder_id: UUID, actors: Sequence[Actor]) -> _Now:
    now = _Now()
    for reach in reaches(actors):
        with acting(reach.by):
            for source in entities.sources():
                if (reach.wide and not source.wide) or (reach.beyond and not source.beyond):
                    continue
                if source.right is None or reach.by.may(source.right):
                    for record in source.read(reach):
                        now.add(source, record, reach.by)
    _add_decided(now, device_id, holder_id)
    return now


def _add_decided(now: _Now, device_id: UUID, holder_id: UUID) -> None:
    """What was decided of the phone's held operations, and both values where one met another's
    change; of those of somebody else no word of it.
    """
    fresh = Q(heard_at=None) | Q(decided_at__gte=timezone.now() - ANSWERS_KEPT)
    for row in Operation.objects.filter(fresh, device_id=device_id, decided_at__isnull=False):
        told = told_of(row) if row.user_id in (holder_id, None) else {}
        data = {
            "op_id": row.op_id,
            "result": row.result,
            "problems": told.get("problems", []),
            "decided_at": row.decided_at,
        }
        if merged := told.get("merged"):
            data["merged"] = merged
        record = Record(row.op_id, data)
        version = manifest.version_of(data, None)
        now.held[_answer_key(row.op_id)] = _Held(_ANSWERS, record, version)
        if row.heard_at is None:
            now.unheard.append(row.op_id)


def _answer_key(op_id: UUID) -> manifest.Key:
    return manifest.key_of(_ANSWERS, op_id.bytes)


def _heard(now: _Now, has: manifest.Manifest) -> None:
    """Note which decisions the phone has: it asks on with the page on which they were."""
    heard = [op_id for op_id in now.unheard if _answer_key(op_id) in has]
    if heard:
        Operation.objects.filter(op_id__in=heard).update(heard_at=timezone.now())


def _next(row: PhoneManifest, now: _Now, cursor: str | None, epoch: str) -> Page:
    server = server_epoch()
    same = epoch == server == row.epoch
    if same and cursor and cursor == row.cursor_before:
        return _again(row, now, server)
    reset = not (same and cursor == row.cursor)
    has = {} if reset else manifest.unpacked(bytes(row.has))
    _heard(now, has)
    gone = [key for key in has if key not in now.held]
    changed = [key for key, one in now.held.items() if has.get(key) != one.version]
    if not (reset or gone or changed):
        return _page(row, now, [], [], reset=False, more=False)
    left = max(0, MOST - len(gone))
    sent = changed[:left]
    dropped = set(gone[:MOST])
    after = {key: version for key, version in has.items() if key not in dropped}
    after |= {key: now.held[key].version for key in sent}
    # Beginning anew, the page before is what the phone had when it asked: nothing that we know.
    row.had, row.has = manifest.packed(has), manifest.packed(after)
    row.cursor_before = "" if reset else row.cursor
    row.cursor, row.epoch = _cursor(), server
    more = len(gone) > MOST or len(changed) > len(sent)
    return _page(row, now, sent, gone[:MOST], reset=reset, more=more)


def _again(row: PhoneManifest, now: _Now, server: str) -> Page:
    """The page once more whose answer was lost: the same records as they are now."""
    had, has = manifest.unpacked(bytes(row.had)), manifest.unpacked(bytes(row.has))
    told = [key for key, version in has.items() if had.get(key) != version]
    # Which of both answers the phone takes is not known: what differs between them is told anew.
    unsure = [key for key in told if key not in now.held or now.held[key].version != has[key]]
    if unsure:
        has |= dict.fromkeys(unsure, manifest.UNSURE)
        row.has = manifest.packed(has)
    gone = [key for key in had if key not in has]
    gone += [key for key in told if key not in now.held]
    more = has.keys() != now.held.keys() or any(
        one.version != has[key] for key, one in now.held.items()
    )
    return _page(row, now, [key for key in told if key in now.held], gone, reset=False, more=more)


def _page(
    row: PhoneManifest,
    now: _Now,
    sent: Sequence[manifest.Key],
    gone: Sequence[manifest.Key],
    *,
    reset: bool,
    more: bool,
) -> Page:
    shown = [now.held[key] for key in sent]
    _note(shown)
    names = manifest.prefixes([source.name for source in entities.sources()])
    return Page(
        epoch=row.epoch,
        cursor=row.cursor,
        reset=reset,
        more=more,
        records=[
            {
                "entity": one.source,
                "id": one.record.id,
                "version": manifest.number_of(one.version)
                if one.record.version is None
                else versions.told(one.record.version, row.epoch),
                "data": one.record.data,
            }
            for one in shown
            if one.source != _ANSWERS
        ],
        gone=[
            {"entity": name, "id": UUID(bytes=manifest.id_of(key))}
            for key in gone
            if (name := manifest.source_of(key, names)) is not None
        ],
        answers=[one.record.data for one in shown if one.source == _ANSWERS],
    )


def _note(shown: Sequence[_Held]) -> None:
    """Note whose data goes to the phone, by each grant under which it was read."""
    seen: dict[Actor, set[UUID]] = {}
    for one in shown:
        if one.by is not None and one.record.persons:
            seen.setdefault(one.by, set()).update(one.record.persons)
    for by, persons in seen.items():
        with acting(by):
            access.note(*persons)
