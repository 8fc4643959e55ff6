"""Drafts of rosters: what they stand on, and what has changed since."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any, Final

import orjson
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from fangxian.mobilise.models import DraftLine, RosterDraft, Shift, Turn
from fangxian.mobilise.queries import inside

JOB: Final = "mobilise.roster"
WHY: Final = "mobilise.obstacle"
_MOST_NAMED: Final = 20


def basis_of(draft: RosterDraft) -> dict[str, Any]:
    """What a draft stands on: the shifts of its days and who is on them. Two queries."""
    shifts = {str(one.id): _asked(one) for one in _standing(draft)}
    return {"shifts": shifts, "turns": _placed(list(shifts))}


def _standing(draft: RosterDraft) -> Iterator[Shift]:
    found = inside(Shift.objects.filter(cancelled_at=None), draft.place_code)
    found = found.filter(day__gte=draft.first, day__lte=draft.last, starts_at__gt=timezone.now())
    yield from found.order_by("starts_at", "id")


def _asked(shift: Shift) -> list[Any]:
    return [
        shift.heads,
        timezone.localtime(shift.starts_at).isoformat(),
        timezone.localtime(shift.ends_at).isoformat(),
        sorted(shift.skills.items()),
    ]


def _placed(shifts: list[str]) -> dict[str, list[str]]:
    turns = Turn.objects.filter(shift_id__in=shifts, state=Turn.State.PLACED)
    return {
        str(turn): [str(shift), str(volunteer)]
        for turn, shift, volunteer in turns.values_list("id", "shift_id", "volunteer_id")
    }


def digest_of(lines: list[DraftLine], basis: Mapping[str, Any]) -> str:
    """What tells one state of a draft from another."""
    told = sorted(f"{one.shift_id} {one.volunteer_id} {one.change}" for one in lines)
    data = orjson.dumps([told, basis], option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(data).hexdigest()


def changes_since(draft: RosterDraft) -> list[str]:
    """What is no longer as it was when a draft was worked out, a sentence each. Four queries.

    What has begun since matters where the draft would change it.
    """
    before = draft.basis
    known = list(before.get("shifts", {}))
    shifts = {
        str(one.id): one
        for one in inside(Shift.objects.select_related("post"), draft.place_code).filter(
            Q(id__in=known)
            | Q(
                day__gte=draft.first,
                day__lte=draft.last,
                starts_at__gt=timezone.now(),
                cancelled_at=None,
            )
        )
    }
    moved = set(
        map(
            str,
            draft.lines.exclude(change=DraftLine.Change.KEPT).values_list("shift_id", flat=True),
        )
    )
    now = timezone.now()
    found = []
    for key in known:
        one = shifts.get(key)
        if one is None or one.cancelled_at is not None:
            found.append(
                _("%(shift)s was cancelled.") % {"shift": _named(one)}
                if one is not None
                else _("A shift no longer lies here.")
            )
        elif orjson.dumps(_asked(one)) != orjson.dumps(before["shifts"][key]):
            found.append(_("%(shift)s asks for other people or times.") % {"shift": _named(one)})
        elif one.starts_at <= now and key in moved:
            found.append(_("%(shift)s has begun.") % {"shift": _named(one)})
    found += [
        _("%(shift)s is new.") % {"shift": _named(one)}
        for key, one in sorted(shifts.items(), key=lambda item: item[1].starts_at)
        if key not in before.get("shifts", {}) and one.cancelled_at is None
    ]
    return found + _turns_since(before.get("turns", {}), shifts)


def _turns_since(before: Mapping[str, list[str]], shifts: Mapping[str, Shift]) -> list[str]:
    placed = _placed(list(shifts))
    differ = [key for key in {**before, **placed} if (key in before) != (key in placed)]
    turns = Turn.objects.filter(id__in=differ).select_related("volunteer", "shift__post")
    found = []
    for turn in turns.order_by("shift__starts_at", "number"):
        values = {"name": turn.volunteer.name, "shift": _named(turn.shift)}
        if str(turn.id) in placed:
            found.append(_("%(name)s is on %(shift)s now.") % values)
        else:
            found.append(_("%(name)s is no longer on %(shift)s.") % values)
    return found


def _named(shift: Shift) -> str:
    return f"{shift.post.name} {shift}"


def said(changes: list[str]) -> str:
    """The first of them as one text."""
    more = len(changes) - _MOST_NAMED
    told = " ".join(changes[:_MOST_NAMED])
    return told if more <= 0 else told + _(" And %(n)d more.") % {"n": more}
