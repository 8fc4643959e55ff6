"""What phones sent and somebody has to decide on: held records, fields that two changed at once."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from fangxian.accounts.actions.devices import RIGHT as PHONE
from fangxian.accounts.models import Device, User
from fangxian.accounts.policy import SignedRequest, account_route, page
from fangxian.accounts.queries import display_names
from fangxian.common.errors import Forbidden, Invalid, OutOfScope, Problem, TooMany
from fangxian.common.ui.formats import who
from fangxian.field import queries
from fangxian.field.forms import HandInForm, QueueFilter
from fangxian.field.models import FieldConflict, HeldOperation, Operation
from fangxian.field.sync import disputes, entities, handed
from fangxian.field.sync import held as holding
from fangxian.field.sync.operations import Answer
from fangxian.regions.queries import called, full_name
from fangxian.register.models import Household

MOST, MOST_TOLD = 200, 50
# Decided ones are shown for so many days: a mistake is seen soon, what is older is in the history.
DECIDED_DAYS = 14
# What became of records that were handed in, in the order in which it is told.
RESULTS = {
    "applied": gettext_lazy("Taken into the ledger"),
    "merged": gettext_lazy("Taken in beside what others changed"),
    "conflict": gettext_lazy("Taken in, and to be decided: somebody changed the same"),
    "held": gettext_lazy("Held for a decision"),
    "rejected": gettext_lazy("Refused: not taken in"),
    "retry": gettext_lazy("Not taken now: hand the file in again"),
}
Row = HeldOperation | FieldConflict


class _Asked:
    """What of the queue is asked for: a place, a phone. The filter goes along to the next one."""

    def __init__(self, request: SignedRequest) -> None:
        self.form = QueueFilter(request.GET, phones=_phones(holding.open_held()))
        self.place, self.device = self.form.chosen(request.actor)
        self.query = urlencode(
            {k: v for k, v in (("place", self.place), ("device", self.device)) if v}
        )

    def held(self) -> QuerySet[HeldOperation]:
        found = self._there(holding.open_held())
        return found.filter(device_id=self.device) if self.device else found

    def disputes(self) -> QuerySet[FieldConflict]:
        return self._there(disputes.open_disputes())

    def _there(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        return rows.filter(place_code__startswith=self.place) if self.place else rows

    def list_url(self, show: str) -> str:
        return f"{reverse('field:phones')}?{_joined(f'show={show}', self.query)}"

    def url(self, row: Row) -> str:
        name = "field:held" if isinstance(row, HeldOperation) else "field:dispute"
        address = reverse(name, args=[row.pk])
        return f"{address}?{self.query}" if self.query else address

    def next_url(self, row: Row) -> str:
        """The one that waits behind this, round to the first; "" if it is the last that waits."""
        waiting = self.held() if isinstance(row, HeldOperation) else self.disputes()
        others: QuerySet[Any] = waiting.exclude(pk=row.pk)
        behind = Q(created_at=row.created_at, pk__gt=row.pk) | Q(created_at__gt=row.created_at)
        found = others.filter(behind).first() or others.first()
        return self.url(found) if found is not None else ""


def _joined(*parts: str) -> str:
    return "&".join(part for part in parts if part)


def _phones(rows: QuerySet[HeldOperation]) -> dict[UUID, str]:
    """What the phones of these are called, by id."""
    ids = set(rows.order_by().values_list("device_id", flat=True).distinct())
    found = Device.objects.filter(pk__in=ids).select_related("user") if ids else ()
    return {one.pk: f"{one.name} · {one.user}" for one in found}


@page(holding.RIGHT)
def every(request: SignedRequest) -> HttpResponse:
    """What waits in the actor's area, the longest waiting first; what was decided of late."""
    asked = _Asked(request)
    since = timezone.now() - dt.timedelta(days=DECIDED_DAYS)
    waiting: dict[str, tuple[Any, QuerySet[Any]]] = {
        "held": (_("Could not be taken over"), asked.held()),
        "disputes": (_("Changed by two at once"), asked.disputes()),
    }
    show = request.GET.get("show", "")
    if show not in (*waiting, "decided"):
        show = "held"
    rows = _decided(since) if show == "decided" else list(_unopened(waiting[show][1])[: MOST + 1])
    makers = [row.user_id for row in rows if isinstance(row, HeldOperation)]
    users, places = _users(set(makers)), called({row.place_code for row in rows if row.place_code})
    devices = _named({str(row.device_id) for row in rows if isinstance(row, HeldOperation)})
    people = display_names({_decider(row) for row in rows})
    rooms = _rooms(rows)
    chips = [
        {
            "label": label,
            "url": asked.list_url(name),
            "count": found.count(),
            "current": name == show,
        }
        for name, (label, found) in waiting.items()
    ]
    decided = {"label": _("Decided"), "url": "?show=decided", "current": show == "decided"}
    context = {
        "show": show,
        "chips": [*chips, decided],
        "filter": asked.form,
        "filtered": bool(asked.query),
        "clear": f"?show={show}",
        "days": DECIDED_DAYS,
        "full": len(rows) > MOST,
        "most": MOST,
        "rows": [
            {
                "row": row,
                "what": _what(row),
                "place": " ".join(
                    filter(None, (places.get(row.place_code, ""), rooms.get(row.pk, "")))
                ),
                "by": users.get(row.user_id, "") if isinstance(row, HeldOperation) else "",
                "device": devices.get(str(row.device_id), "")
                if isinstance(row, HeldOperation)
                else "",
                "decided_by": who(_decider(row), people) if _decider(row) else "",
                "url": asked.url(row),
            }
            for row in rows[:MOST]
        ],
    }
    return render(request, "field/phones.html", context)


def _unopened(rows: QuerySet[Any]) -> QuerySet[Any]:
    """Without what a list does not show: opening it costs more than the rest of its row."""
    sealed = ("body", "reason") if rows.model is HeldOperation else ("values",)
    return rows.defer(*sealed)


def _decided(since: dt.datetime) -> list[Row]:
    """Those decided since then, the latest first."""
    held = HeldOperation.objects.filter(decided_at__gte=since).order_by("-decided_at")
    conflicts = FieldConflict.objects.filter(settled_at__gte=since).order_by("-settled_at")
    settled = _unopened(conflicts)
    both: list[Row] = [*held[: MOST + 1], *settled[: MOST + 1]]
    return sorted(both, key=lambda row: _decided_at(row) or since, reverse=True)[: MOST + 1]


def _decided_at(row: Row) -> dt.datetime | None:
    return row.decided_at if isinstance(row, HeldOperation) else row.settled_at


def _decider(row: Row) -> str:
    return row.decided_by if isinstance(row, HeldOperation) else row.settled_by


def _what(row: Row) -> str:
    entity = entities.entity(row.entity)
    label = str(entity.label) if entity else row.entity or _("not readable")
    if isinstance(row, FieldConflict) and entity is not None:
        return f"{label} · {entity.merges.get(row.field, row.field)}"
    return label


def _users(ids: set[UUID | None]) -> Mapping[UUID | None, str]:
    found = User.objects.filter(pk__in=[one for one in ids if one])
    return {user.pk: str(user) for user in found}


def _home(entity: entities.Entity | None, object_id: UUID | None) -> Household | None:
    """The household it is about; what is read of it is read of who lives there."""
    home = entity.home(object_id) if entity and object_id else None
    if home is None:
        return None
    queries.note_residents([home])
    return Household.objects.filter(pk=home).first()


def _rooms(rows: Sequence[Row]) -> dict[UUID, str]:
    """The room of each row that is about a household, as far as it can be read.

    Six statements at most, however many rows; bodies are opened of those alone whose object is
    told only there.
    """
    about: dict[str, dict[UUID, UUID]] = {}
    for row, object_id in _objects(rows):
        if object_id is not None:
            about.setdefault(row.entity, {})[row.pk] = object_id
    homes: dict[UUID, UUID] = {}
    for name, objects in about.items():
        entity = entities.entity(name)
        at = entity.homes(set(objects.values())) if entity and entity.homes else {}
        homes |= {pk: at[object_id] for pk, object_id in objects.items() if object_id in at}
    known = Household.objects.filter(pk__in=set(homes.values())).values_list("pk", "room")
    named = dict(known)
    return {pk: named.get(home, "") for pk, home in homes.items()}


def _objects(rows: Sequence[Row]) -> Iterator[tuple[Row, UUID | None]]:
    """What each row is about, of those that may be about a household."""
    told: dict[UUID, HeldOperation] = {}
    inside: dict[UUID, tuple[HeldOperation, entities.Entity]] = {}
    for row in rows:
        entity = entities.entity(row.entity)
        if entity is None or entity.homes is None:
            continue
        if isinstance(row, FieldConflict):
            yield row, row.object_id
        elif entity.object_of is entities.object_itself:
            told[row.op_id] = row
        else:
            inside[row.pk] = row, entity
    known = Operation.objects.filter(op_id__in=told).values_list("op_id", "object_id")
    yield from ((told[op_id], object_id) for op_id, object_id in known)
    bodies = HeldOperation.objects.filter(pk__in=inside, body__isnull=False)
    for pk, operation in holding.operations_of(list(bodies)).items():
        row, entity = inside[pk]
        yield row, entity.object_of(operation)


def _where(row: Row, home: Household | None) -> str:
    """The place from the county down, and the door."""
    return " ".join(filter(None, (full_name(row.place_code), home.room if home else "")))


def _taken(taken: holding.TakenOver) -> str:
    told = ngettext("%(n)d taken over.", "%(n)d taken over.", taken.done) % {"n": taken.done}
    if left := taken.left:
        still = ngettext("%(n)d can’t be and still waits.", "%(n)d can’t be and still wait.", left)
        told = f"{told} {still % {'n': left}}"
    return told


def _behind(asked: _Asked, row: HeldOperation, last: HeldOperation) -> str:
    """Where to go on after many were tried at once: behind the last one; "" if that was the end."""
    onward = holding.alike_behind(row, last.pk).first()
    if onward is None or (onward.created_at, onward.pk) <= (last.created_at, last.pk):
        return ""
    address = reverse("field:held", args=[onward.pk])
    return f"{address}?{_joined(asked.query, f'after={last.pk}')}"


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _onward(
    request: SignedRequest, asked: _Asked, row: Row, told: str, behind: str = ""
) -> HttpResponse:
    """After a decision: to ``behind``, else to the next that waits, else back to the list."""
    show = "held" if isinstance(row, HeldOperation) else "disputes"
    left = (asked.held() if isinstance(row, HeldOperation) else asked.disputes()).count()
    if left:
        more = ngettext(
            "%(n)d more waits; here is the next.", "%(n)d more wait; here is the next.", left
        )
        told = f"{told} {more % {'n': left}}"
    messages.success(request, told)
    return redirect(behind or asked.next_url(row) or asked.list_url(show))


@page(holding.RIGHT, methods=("GET", "POST"))
def held(request: SignedRequest, held_id: UUID) -> HttpResponse:
    """One held record: what it says, take it over or turn it down with a reason."""
    row, asked = holding.held_at(held_id), _Asked(request)
    after, behind = _id(request.GET.get("after", "")), ""
    problems: list[Any] = []
    if request.method == "POST":
        try:
            if request.POST.get("decision") == "take":
                holding.take_over(by=request.actor, held_id=row.pk)
                told = _("Taken over.")
            elif request.POST.get("decision") == "take_alike":
                taken = holding.take_over_alike(by=request.actor, held_id=row.pk, after=after)
                told, behind = _taken(taken), _behind(asked, row, taken.last)
            else:
                reason = request.POST.get("reason", "")
                holding.turn_down(by=request.actor, held_id=row.pk, reason=reason)
                told = _("Turned down; the phone is told at its next sync.")
        except Invalid as error:
            problems = list(error.problems)
        else:
            return _onward(request, asked, row, told, behind)
    entity, operation = entities.entity(row.entity), holding.operation_of(row)
    open_ = row.state == HeldOperation.State.OPEN
    home = _home(entity, entity.object_of(operation) if entity and operation else None)
    device = Device.objects.select_related("user", "disabled_by").filter(pk=row.device_id).first()
    same = holding.open_held().filter(device_id=row.device_id).exclude(pk=row.pk).count()
    users = _users({row.user_id, row.handed_by})
    context = {
        "row": row,
        "what": _what(row),
        "whose": entity.whose(operation.object_id) if entity and operation else "",
        "lines": list(entity.say(request.actor, operation))
        if entity and entity.say and operation
        else [],
        "now": list(entity.now(operation)) if entity and entity.now and operation and open_ else [],
        "readable": operation is not None and entity is not None,
        "open": open_,
        "place": _where(row, home),
        "home": home,
        "by": users.get(row.user_id, ""),
        "handed_by": users.get(row.handed_by, ""),
        "device": device,
        "device_state": device.state(timezone.now()) if device else "",
        "same": same,
        **_alike(row, after),
        "decided_by": who(row.decided_by, display_names([row.decided_by])),
        "list_url": asked.list_url("held"),
        "next_url": asked.next_url(row),
        "problems": problems,
        "reason": request.POST.get("reason", ""),
    }
    return render(request, "field/held.html", context, status=422 if problems else 200)


def _alike(row: HeldOperation, after: UUID | None) -> dict[str, Any]:
    """How many wait like this one, and how many of these are tried at once from here."""
    if row.why != HeldOperation.Why.CLOSED:
        return {"alike": 0}
    alike = holding.alike(row).count()
    behind = holding.alike_behind(row, after).count() if after else alike
    return {"alike": alike, "at_once": min(behind, holding.MOST_AT_ONCE)}


@page(holding.RIGHT, methods=("GET", "POST"))
def dispute(request: SignedRequest, conflict_id: UUID) -> HttpResponse:
    """One field that two changed: all values, who gave them and when; choose one."""
    row, asked = FieldConflict.objects.filter(pk=conflict_id).first(), _Asked(request)
    if row is None:
        raise OutOfScope(f"conflict {conflict_id}")
    problems: list[Any] = []
    if request.method == "POST":
        number = request.POST.get("number", "")
        chosen = int(number) if number.isascii() and number.isdigit() and len(number) < 4 else -1
        try:
            disputes.choose(by=request.actor, conflict_id=row.pk, number=chosen)
        except Invalid as error:
            problems = list(error.problems)
        else:
            return _onward(request, asked, row, _("Decided: this value shows from now on."))
    entity = entities.entity(row.entity)
    home = _home(entity, row.object_id)
    values = disputes.values_of(row)
    people = display_names({one["who"] for one in values if one["who"]})
    phones = _named({one["device"] for one in values if one["device"]})
    context = {
        "row": row,
        "what": _what(row),
        "whose": entity.whose(row.object_id) if entity else "",
        "open": row.state == FieldConflict.State.OPEN,
        "place": _where(row, home),
        "home": home,
        "values": [
            {
                "number": number,
                "value": entity.word(row.field, one["value"]) if entity else str(one["value"]),
                "who": who(one["who"], people) if one["who"] else "",
                "device": phones.get(one["device"], ""),
                "moment": parse_datetime(one["at"]) if one["at"] else None,
                "shown": number == row.shown,
            }
            for number, one in enumerate(values)
        ],
        "count": ngettext("%(n)d value", "%(n)d values", len(values)) % {"n": len(values)},
        "decided_by": who(row.settled_by, display_names([row.settled_by])),
        "list_url": asked.list_url("disputes"),
        "next_url": asked.next_url(row),
        "problems": problems,
    }
    return render(request, "field/dispute.html", context, status=422 if problems else 200)


def _named(ids: set[str]) -> Mapping[str, str]:
    return {
        str(pk): name for pk, name in Device.objects.filter(pk__in=ids).values_list("pk", "name")
    }


@partial(account_route, in_parts=True)
def hand_in(request: Any) -> HttpResponse:
    """Hand in the file of a phone that can't send; what became of each record.

    Not bound to one working area: what is held may lie elsewhere.
    """
    by = request.standing()
    if by is None:
        raise Forbidden(PHONE)
    by.require(PHONE)
    form = HandInForm(request.POST or None, request.FILES or None)
    problems: list[Any] = []
    answers: list[Answer] = []
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            data = form.cleaned_data["file"].read()
            answers = handed.take_in(by=by, data=data, standings=request.standings())
        except Invalid as error:
            problems, status = list(error.problems), 422
        except TooMany as error:
            problems, status = [Problem(str(error))], 429
    elif request.method == "POST":
        status = 422
    told = Counter((one["message"], one["mend"]) for answer in answers for one in answer.problems)
    context = {
        "form": form,
        # Where the page was come from: gate staff see no sweeps.
        "back": "field:campaigns" if by.may("field.view") else "field:duties",
        "problems": problems,
        "results": _counted(answers),
        "told": [(f"{message} {mend}", n) for (message, mend), n in told.most_common(MOST_TOLD)],
    }
    return render(request, "field/hand_in.html", context, status=status)


def _counted(answers: Sequence[Answer]) -> list[tuple[str, int]]:
    """What became of how many, in the order of ``RESULTS``; what is held by its reason."""
    names = Counter(
        (answer.first or str(answer.result), _why(answer.problems)) for answer in answers
    )
    found: list[tuple[str, int]] = []
    for name, label in RESULTS.items():
        whys = Counter({why: n for (result, why), n in names.items() if result == name})
        if name != "held":
            found += [(str(label), whys.total())] if whys else []
            continue
        for why, n in whys.most_common():
            reason = _("Held for a decision: %(why)s") % {"why": why.label} if why else str(label)
            found.append((reason, n))
    return found


def _why(problems: Sequence[Mapping[str, str]]) -> HeldOperation.Why | None:
    code = next((one["code"] for one in problems), "").removeprefix("held_")
    return HeldOperation.Why(code) if code in HeldOperation.Why.values else None
