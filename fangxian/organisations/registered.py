"""What this room offers to the others: rights, counters, panels, search, facts, invariants."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from uuid import UUID

from django.db.models import Sum
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fangxian.accounts import looks
from fangxian.common import codes, registries
from fangxian.common.actor import Actor
from fangxian.common.codes import Level
from fangxian.common.registries import (
    HouseholdPanel,
    Invariant,
    NavItem,
    Panel,
    Right,
    SearchHit,
    TodayItem,
)
from fangxian.core import counters, ledgers
from fangxian.core import rules as core_rules
from fangxian.core.kinds import TaskKind, task_kinds
from fangxian.core.models import Task
from fangxian.organisations import (
    account_needs,
    employers,
    facts,
    facts_together,
    invariants,
    lacking,
    queries,
    reviving,
    vacancies,
)
from fangxian.organisations.models import Member, Vacancy
from fangxian.organisations.rules import chain_rules
from fangxian.organisations.settling import settle
from fangxian.people.references import Reference, alive_again, references
from fangxian.people.registered import person_panels
from fangxian.register.models import Household

# Vacancies are settled behind a lock of the county: everybody takes it after the households.
LAST = 200
RIGHTS = (
    Right("organisations.view", gettext_lazy("See organisations and who answers where")),
    Right(
        "organisations.edit", gettext_lazy("Change organisations and their members"), personal=True
    ),
    Right("organisations.appoint", gettext_lazy("Name who answers for a place"), personal=True),
    Right("organisations.claim", gettext_lazy("Take on what communities need, for one’s own unit")),
    Right("organisations.evidence", gettext_lazy("Attach evidence of the five ones")),
    Right("organisations.approve", gettext_lazy("Decide about temporary units"), personal=True),
    Right(
        "organisations.import",
        gettext_lazy("Import ledgers of organisations and of who answers"),
        personal=True,
    ),
    Right(
        "organisations.export",
        gettext_lazy("Export ledgers of organisations and of who answers"),
        personal=True,
    ),
)
HITS = 8


def register() -> None:
    """Fill the registries (from ``ready()``)."""
    from fangxian.organisations import (
        exporting,
        importing,
        merging,
        proposing,
        registered_coming,
        rules,
    )

    core_rules.register_validator(rules.CHAIN, rules.check_chain)
    core_rules.register_validator(rules.DUTIES, rules.check_duties)
    core_rules.register_validator(rules.FIVE_ONES, rules.check_five_ones)
    for right in RIGHTS:
        registries.rights.register(right.name, right)
    registries.navigation.register(
        "organisations.chain",
        NavItem(gettext_lazy("Who answers"), "organisations:start", "organisations.view", "chain"),
        order=45,
    )
    registries.navigation.register(
        "organisations.tree",
        NavItem(
            gettext_lazy("Organisations"), "organisations:tree", "organisations.view", "command"
        ),
        order=46,
    )
    registries.panels.register(
        "organisations",
        Panel(gettext_lazy("Who answers"), "organisations.view", place_panel),
        order=20,
    )
    registries.household_panels.register(
        "organisations",
        HouseholdPanel(gettext_lazy("Who answers"), "organisations.view", household_panel),
        order=20,
    )
    person_panels.register("organisations", person_panel)
    looks.organisations.register("organisations", employers.names)
    looks.employers.register("organisations", employers.offer)
    registries.search.register("organisations", find, order=30)
    registries.today.register("organisations", today, order=40)
    facts.register()
    facts_together.register()
    for name, invariant in INVARIANTS.items():
        registries.invariants.register(name, invariant)
    references.register(
        "organisations.members",
        Reference(
            "organisations.Member",
            clashes=merging.same_members,
            settle=merging.settle_members,
            reopen=merging.reopen_members,
        ),
        order=LAST,
    )
    references.register(
        "organisations.responsibilities",
        Reference(
            "organisations.Responsibility",
            clashes=merging.same_responsibilities,
            settle=merging.settle_responsibilities,
            reopen=merging.reopen_responsibilities,
        ),
        order=LAST,
    )
    task_kinds.register(
        vacancies.TASK,
        TaskKind(gettext_lazy("Vacancy"), task_url, by_hand=False, words=vacancies.task_words),
    )
    task_kinds.register(
        reviving.TASK,
        TaskKind(gettext_lazy("Decide who answers"), decide_url, words=vacancies.task_words),
    )
    for kind, label in (
        (account_needs.ACCOUNT, gettext_lazy("Account for who answers")),
        (account_needs.ROLE, gettext_lazy("Role for who answers")),
    ):
        task_kinds.register(
            kind,
            TaskKind(label, account_needs.task_url, by_hand=False, words=account_needs.task_words),
        )
    for kind, label, url in (
        (lacking.FIVE_ONES, gettext_lazy("Missing of the five ones"), five_ones_url),
        (lacking.CONTACTS, gettext_lazy("Establishments without a contact leader"), contacts_url),
        (lacking.OVERLAP, gettext_lazy("Too many hold a post"), chain_url),
    ):
        task_kinds.register(kind, TaskKind(label, url, by_hand=False, words=lacking.task_words))
    registries.after_account_change.register("organisations", account_needs.follow)
    looks.duties.register("organisations", account_needs.duty)
    registries.today.register("organisations.accounts", account_needs.today, order=41)
    alive_again.register("organisations", _alive_again)
    for order, ledger in enumerate(importing.LEDGERS.values(), start=100):
        ledgers.register(ledger, order=order)
    exporting.register()
    proposing.register()
    registered_coming.register()
    counters.sources.register(
        "organisations.vacancies", counters.Source((vacancies.METRIC,), _count)
    )
    # A new grid has nobody yet.
    registries.after_redraw.register("organisations.vacancies", _after_redraw, order=LAST)


def _count(_by: Actor, code: str) -> Iterator[counters.Row]:
    lo, hi = codes.bounds(code)
    rows = Vacancy.objects.filter(place_code__gte=lo, place_code__lt=hi)
    for place_code, missing in rows.values_list("place_code").annotate(Sum("missing")):
        yield (vacancies.METRIC, vacancies.KEY, place_code, missing)


def _after_redraw(by: Actor, code: str) -> None:
    settle(by=by, area=code)


def _alive_again(by: Actor, person_id: UUID) -> None:
    reviving.revive(by=by, area=by.area, person_id=person_id)


def decide_url(task: Task) -> str:
    """Where it is seen whom the task is about; from there to who answers now."""
    return reverse("organisations:responsibility", args=[task.object_id])


def task_url(task: Task) -> str:
    """Where the task of a vacancy is done."""
    role = task.title_data.get("role", "")
    return f"{reverse('organisations:appoint', args=[task.place_code])}?role={role}"


def five_ones_url(task: Task) -> str:
    """Where the evidence of a community is attached."""
    return reverse("organisations:five_ones", args=[task.place_code])


def contacts_url(task: Task) -> str:
    """Where contact leaders of a community are named."""
    return f"{reverse('organisations:contacts', args=[task.place_code])}?without=1"


def chain_url(task: Task) -> str:
    """Where it is seen who holds a post."""
    return reverse("organisations:chain", args=[task.place_code])


def place_panel(request: HttpRequest, by: Actor, place_code: str) -> str:
    """Who answers for a place, nearest first, on its page."""
    rules = chain_rules()
    rows = [row for row in queries.chain_above(place_code) if row.role in rules.roles]
    stood_in = {row.substitute_for_id for row in rows if row.substitute_for_id}
    own_level = len(place_code)
    vacant = list(queries.open_vacancies(place_code).filter(place_code=place_code))
    below = counters.read([place_code], [vacancies.METRIC], vacancies.KEY)
    context = {
        "code": place_code,
        "rows": [
            {"closer": queries.responsible(row, rules), "row": row}
            for row in queries.in_order(rows, rules)[::-1]
            if row.id not in stood_in
        ],
        "vacant": [rules.name_of(row.role) for row in vacant],
        "below": below[(place_code, vacancies.METRIC)] - sum(row.missing for row in vacant),
        "is_community": own_level == int(Level.VILLAGE),
        "may_appoint": by.may("organisations.appoint", place_code),
    }
    return render_to_string("organisations/_panel.html", context, request=request)


def household_panel(request: HttpRequest, by: Actor, household_id: UUID) -> str:
    """Which member looks after a household, and who closes a gap at its door."""
    rules = chain_rules()
    home = Household.objects.filter(id=household_id).first()
    if home is None:
        return ""
    context = {
        "row": queries.looks_after([household_id]).get(household_id),
        "role": rules.name_of(rules.member_role),
        "closers": queries.who_closes(home.place_code),
    }
    return render_to_string("organisations/_household.html", context, request=request)


def person_panel(request: HttpRequest, by: Actor, person_id: UUID) -> str:
    """What a person answers for, and of what he is a member."""
    if not by.may("organisations.view"):
        return ""
    rules = chain_rules()
    rows = queries.in_force().filter(person_id=person_id).select_related("place", "establishment")
    members = Member.objects.filter(person_id=person_id, to_date=None)
    context = {
        "held": [(row, rules.name_of(row.role)) for row in queries.in_order(rows, rules)],
        "members": [
            (row, by.may("organisations.edit", row.place_code))
            for row in members.select_related("organisation")
        ],
    }
    if not context["held"] and not context["members"]:
        return ""
    return render_to_string("organisations/_person.html", context, request=request)


def find(by: Actor, text: str, limit: int) -> Sequence[SearchHit]:
    """Hits of the search box among organisations."""
    if not by.may("organisations.view") or len(text.strip()) < 2:
        return []
    rows = queries.search_organisations(text, by.area)[: min(limit, HITS)]
    return [
        SearchHit(
            group=_("Organisations"),
            label=row.name,
            url=reverse("organisations:organisation", args=[row.id]),
            detail=f"{row.kind} {row.seat.name}",
        )
        for row in rows
    ]


def today(by: Actor) -> Sequence[TodayItem]:
    """Vacancies, missing five ones, substitutions that end soon: in the actor's area."""
    from datetime import timedelta

    from django.utils import timezone

    from fangxian.organisations import five_ones

    if not by.may("organisations.view") or not by.area:
        return []
    items = []
    if by.may("organisations.appoint"):
        vacant = counters.read([by.area], [vacancies.METRIC], vacancies.KEY)
        count = vacant[(by.area, vacancies.METRIC)]
        if count:
            url = reverse("organisations:vacancies", args=[by.area])
            label = _("Posts that nobody holds")
            items.append(
                TodayItem(
                    "uncovered",
                    label,
                    count,
                    url,
                    tone="warn",
                    unit="post",
                    figure="organisations.vacancies",
                )
            )
        until = timezone.localdate() + timedelta(days=chain_rules().ending_days)
        ending = queries.substitutions_ending(by.area, until)
        first = ending.first()
        if first is not None:
            url = reverse("organisations:chain", args=[first.place_code])
            label = _("Substitutions that end soon")
            items.append(TodayItem("due", label, ending.count(), url, unit="post"))
    if by.may("organisations.evidence") and Level.COUNTY <= len(by.area) <= Level.VILLAGE:
        count, places = five_ones.missing(by.area)
        if count:
            url = reverse("organisations:five_ones", args=[by.area]) + "?missing=1"
            detail = _("in %(count)d communities") % {"count": places}
            label = _("Missing of the five ones")
            items.append(TodayItem("uncovered", label, count, url, detail=detail, unit="item"))
    return items


INVARIANTS = {
    "organisations.overlap": Invariant(
        gettext_lazy("no place has more holders of a role than the rule allows"),
        invariants.overlaps,
    ),
    "organisations.load": Invariant(
        gettext_lazy("nobody answers for more places than the rule allows one holder"),
        invariants.loads,
    ),
    "organisations.holders": Invariant(
        gettext_lazy("nobody who died, was merged or left answers for a place"), invariants.gone
    ),
    "organisations.places": Invariant(
        gettext_lazy("responsibilities lie where their place lies"), invariants.misplaced
    ),
    "organisations.seats": Invariant(
        gettext_lazy("members lie at their organisation's seat"), invariants.seats
    ),
    "organisations.vacancies": Invariant(
        gettext_lazy("the list of vacancies is what the rules ask for"), invariants.vacancies
    ),
    "organisations.keepers": Invariant(
        gettext_lazy("a building without property management falls to its linked unit"),
        invariants.keepers,
    ),
}
