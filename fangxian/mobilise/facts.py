"""What posts, volunteers, calls and aid offer to ledgers, exports, templates and bulletins."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from django.db.models import BooleanField, Case, F, Q, QuerySet, Value, When
from django.db.models.functions import Now, TruncDate
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from fangxian.common.codes import Level
from fangxian.common.facts import (
    Choices,
    Column,
    FactTable,
    Filter,
    Measure,
    Sensitivity,
    measures,
    place_columns,
    tables,
    withhold,
    within,
)
from fangxian.common.masks import mask_name
from fangxian.common.ui.formats import date
from fangxian.mobilise.aid.rules import aid_rules
from fangxian.mobilise.calls.rules import call_rules
from fangxian.mobilise.lacking import SOON
from fangxian.mobilise.models import (
    AidBatch,
    AidDay,
    AidMember,
    AidQuarantine,
    Call,
    Certificate,
    Pledge,
    Post,
    Shift,
    Skill,
    Turn,
    Volunteer,
)
from fangxian.mobilise.rules import post_rules
from fangxian.people.facts import person_columns

VIEW, KEEP = "mobilise.view", "mobilise.volunteers"
CALLS, AID, AID_KEEP = "mobilise.calls", "mobilise.aid_view", "mobilise.aid"
PLAN = "mobilise.posts"
PERSONAL, STAFF = Sensitivity.PERSONAL, Sensitivity.STAFF
PERSONS = pgettext_lazy("unit", "persons")
MINUTES = pgettext_lazy("unit", "minutes")
_SOURCE = _("posts, volunteers, calls and aid")
_NOW = _("as it is now")


def register() -> None:
    """Fill the registries (from ``ready()``)."""
    made = (
        _posts(), _shifts(), _turns(), _volunteers(), _certificates(), _calls(), _pledges(),
        _batches(), _aid_members(), _aid_days(), _quarantines(),
    )  # fmt: skip
    for at, table in enumerate(made):
        tables.register(table.name, table, order=500 + at)
    for at, measure in enumerate(_MEASURES):
        measures.register(measure.name, measure, order=500 + at)
    withhold(
        {
            "mobilise.Post": {
                "token": "what the code at the post says: never shown",
                "duties": "duties of a post: on its page",
                "emergency": "on the page of the post",
                "made_by": "on the page of the post",
            },
            "mobilise.Pattern": "shifts that recur: on the page of the post",
            "mobilise.Shift": {
                "pattern": "from which a shift was made: on the page of the post",
                "skills": "which skills are needed: on the page of the shift",
                "cut_off": "until when one may sign up: on the page of the shift",
            },
            "mobilise.Turn": {
                "number": "the order of signing up",
                "ended_at": "on the page of the shift",
                "for_turn": "for whom somebody stands in: on the page of the shift",
                "emergency": "names the key that seals the note",
                "note": "what is handed over: on the page of the following shift, for a time",
                "done": "duties done: on the page of the shift",
                "allowed": "which limits were passed: on the page of the shift",
            },
            "mobilise.Whereabouts": "positions at checking in: shown to nobody in lists",
            "mobilise.RosterDraft": "rosters being worked out: on their page",
            "mobilise.DraftLine": "rosters being worked out: on their page",
            "mobilise.Obstacle": "rosters being worked out: on their page",
            "mobilise.Swap": "swaps that two agree on: on the page of one's shifts",
            "mobilise.Wish": "wishes of volunteers: on their own page",
            "mobilise.Volunteer": {
                "name": "shown as the person's name",
                "ended_by_death": "lets a death taken back reopen it",
                "link_round": "by which a link of a calendar ends",
            },
            "mobilise.Skill": {
                "volunteer": "shown with the volunteer",
                "certificate": "on the page of the volunteer",
            },
            "mobilise.Certificate": {
                "rows": "the lines of the certificate: on the paper itself",
                "volunteer": "shown by the name on the certificate",
                "issuer": "shown by its name on the certificate",
            },
            "mobilise.Call": {
                "emergency": "on the page of the call",
                "made_by": "on the page of the call",
                "sent_by": "on the page of the call",
                "text": "on the page of the call",
            },
            "mobilise.Pledge": {
                "wishes": "on the page of the call",
                "made_by": "on the page of the call",
            },
            "mobilise.CallLine": {
                "skills": "which skills are needed: on the page of the call",
                "place": "shown by its name",
            },
            "mobilise.Placement": {
                "enlisted": "as whom somebody serves there: on the page of the call",
                "brought": "lets a placement taken back discharge him",
                "lent": "names the right by which his account acts there",
            },
            "mobilise.AidCounter": {
                "batch": "shown by its name",
                "place_code": "that of its batch",
                "rank": "the order of a list",
                "ended_on": "a setting of the batch",
            },
            "mobilise.AidResult": {"term": "shown by its name and number"},
            "mobilise.Match": "proposals being worked out: on the page of the call",
            "mobilise.AidBatch": {
                "liaison": "shown by the name",
                "made_by": "on the page of the batch",
                "daily": "a setting of the batch",
            },
            "mobilise.FamilyContact": "families' contacts: on the page of the member alone",
        }
    )


def rows_of(model: Any, *only: Q) -> Callable[[str, dt.date | None], QuerySet[Any]]:
    def rows(place: str, _day: dt.date | None) -> QuerySet[Any]:
        found: QuerySet[Any] = model.objects.filter(within(place), *only)
        return found

    return rows


def table(
    name: str, label: Any, about: Any, model: Any, columns: tuple[Column, ...], rows: Any,
    **more: Any,
) -> FactTable:  # fmt: skip
    given: dict[str, Any] = {"right": VIEW, "source": _SOURCE, "as_of": _NOW}
    return FactTable(
        name=f"mobilise.{name}", label=label, about=about, model=model, rows=rows,
        columns=columns, **(given | more),
    )  # fmt: skip


def _flag(condition: Q) -> Case:
    return Case(
        When(condition, then=Value(True)), default=Value(False), output_field=BooleanField()
    )


_KINDS = Choices(lambda: [(code, one.name) for code, one in post_rules().kinds.items()])


def _posts() -> FactTable:
    columns = (
        *place_columns(deepest=Level.GRID),
        Column("name", _("Post"), path="name", width=24),
        Column("kind", _("Kind of post"), "code", path="kind", codes=_KINDS),
        Column("organisation", _("Organisation"), path="organisation__name", width=24),
        Column("opened_on", _("Opened on"), "date", path="opened_on"),
        Column("closed_on", _("Closed on"), "date", path="closed_on"),
    )
    return table(
        "posts", _("Posts"), _("A post that is manned in shifts."), Post, columns, rows_of(Post),
        link=lambda key: reverse("mobilise:post", args=[key]),
        first=("name", "kind", "town", "community", "grid", "organisation", "opened_on"),
    )  # fmt: skip


def _shift_columns(path: str = "") -> tuple[Column, ...]:
    dot = f"{path}__" if path else ""
    return (
        Column("post", _("Post"), path=f"{dot}post__name", width=24),
        Column("shift", _("Shift"), path=f"{dot}name"),
        Column("day", _("Day"), "date", path=f"{dot}day"),
        Column("starts_at", _("Begins"), "datetime", path=f"{dot}starts_at"),
        Column("ends_at", _("Ends"), "datetime", path=f"{dot}ends_at"),
    )


def _shifts() -> FactTable:
    columns = (
        *place_columns(deepest=Level.GRID),
        *_shift_columns(),
        Column("heads", _("Needed"), "number", path="heads", unit=PERSONS),
        Column("placed", _("On the roster"), "number", path="placed", unit=PERSONS),
        Column("lacking", _("Lacking"), "number", expression=F("heads") - F("placed"),
               unit=PERSONS),
        Column("soon", _("Runs or begins within two days"), "yes_no", expression=_flag(
            Q(ends_at__gt=Now(), starts_at__lt=Now() + SOON, cancelled_at=None))),
        Column("cancelled_at", _("Cancelled"), "datetime", path="cancelled_at"),
    )  # fmt: skip
    return table(
        "shifts", _("Shifts"), _("A shift at a post; cancelled ones are marked."), Shift, columns,
        rows_of(Shift), link=lambda key: reverse("mobilise:shift", args=[key]),
        first=("day", "post", "shift", "starts_at", "ends_at", "heads", "placed", "lacking"),
    )  # fmt: skip


def _turns() -> FactTable:
    columns = (
        *place_columns(deepest=Level.GRID),
        *_shift_columns("shift"),
        *person_columns("volunteer__person"),
        Column("organisation", _("Organisation"), path="volunteer__organisation__name"),
        Column("state", _("State"), "code", path="state", codes=Choices(Turn.State.choices)),
        Column("source", _("How it came"), "code", path="source",
               codes=Choices(Turn.Source.choices)),
        Column("asked_at", _("Signed up"), "datetime", path="asked_at"),
        Column("came_at", _("Came"), "datetime", path="came_at"),
        Column("went_at", _("Went"), "datetime", path="went_at"),
        Column("minutes", _("Minutes served"), "number", path="minutes", unit=MINUTES),
        Column("asked_by", _("Asked that a limit be passed"), "account", path="asked_by",
               sensitivity=STAFF),
        Column("allowed_by", _("Let a limit be passed"), "account", path="allowed_by",
               sensitivity=STAFF),
        Column("allowed_for", _("Reason for passing a limit"), path="allowed_for",
               sensitivity=STAFF),
        Column("there", _("Is there now"), "yes_no", expression=_flag(
            Q(shift__starts_at__lte=Now(), shift__ends_at__gt=Now(), shift__cancelled_at=None,
              came_at__isnull=False, went_at=None))),
    )  # fmt: skip
    return table(
        "turns", _("Who serves"), _("Somebody on a shift, or who was."), Turn, columns,
        rows_of(Turn), right=PLAN, person="volunteer__person_id",
        first=("day", "post", "shift", "name", "organisation", "state", "came_at", "went_at",
               "minutes"),
    )  # fmt: skip


def _skills(keys: Sequence[UUID], _clear: bool) -> dict[UUID, list[str]]:
    known = post_rules().skills
    found: dict[UUID, list[str]] = {}
    rows = Skill.objects.filter(volunteer_id__in=list(keys)).order_by("skill")
    for volunteer, code, until in rows.values_list("volunteer_id", "skill", "expires_on"):
        name = known[code].name if code in known else code
        over = until is not None and until < timezone.localdate()
        found.setdefault(volunteer, []).append(f"{name} ({date(until)})" if over else name)
    return found


def _serving(place: str, day: dt.date | None) -> QuerySet[Volunteer]:
    """Who serves on a day; who was discharged on it serves no more."""
    on = day or timezone.localdate()
    held = Q(to_date=None) | Q(to_date__gt=on)
    return Volunteer.objects.filter(within(place), held, from_date__lte=on)


def _volunteers() -> FactTable:
    columns = (
        *place_columns(deepest=Level.GRID),
        *person_columns(),
        Column("organisation", _("Organisation"), path="organisation__name",
               synonyms="organisation", width=24),
        Column("echelon", _("Echelon"), "number", path="echelon", synonyms="echelon"),
        Column("rank", _("Order in the echelon"), "number", path="rank"),
        Column("skills", _("Skills"), path="pk", load=_skills, synonyms="skills",
               covers=("mobilise.Skill.skill", "mobilise.Skill.expires_on",
                       "mobilise.Skill.place_code"), width=24),
        Column("languages", _("Languages"), "code", path="languages", opaque=True,
               synonyms="languages",
               codes=Choices(lambda: [(c, n.name) for c, n in call_rules().languages.items()])),
        Column("vehicle_kind", _("Kind of vehicle"), "code", path="vehicle_kind",
               codes=Choices(lambda: [(c, n.name) for c, n in call_rules().vehicles.items()])),
        Column("vehicle", _("Plate of the vehicle"), "identity", path="vehicle", opaque=True,
               sensitivity=Sensitivity.SEALED, synonyms="vehicle"),
        Column("seats", _("Seats"), "number", path="seats"),
        Column("fit", _("Fit to serve"), "yes_no", path="fit", opaque=True, sensitivity=PERSONAL,
               synonyms="fit"),
        Column("from_date", pgettext_lazy("column", "From"), "date", path="from_date"),
        Column("to_date", pgettext_lazy("column", "Until"), "date", path="to_date"),
    )  # fmt: skip
    return table(
        "volunteers", _("Volunteers"), _("A volunteer who serves; discharged ones are left out."),
        Volunteer, columns, _serving, right=KEEP, person="person_id", dated=True,
        as_of=_("as it is now, or as it was on a day"),
        taken_back="volunteers", keyed=True,
        first=("name", "phone", "organisation", "community", "echelon", "skills", "languages",
               "from_date"),
    )  # fmt: skip


def _certificates() -> FactTable:
    columns = (
        *place_columns(deepest=Level.GRID),
        Column("number", pgettext_lazy("of a certificate", "Number"), "identity", path="number"),
        Column("name", pgettext_lazy("person", "Name"), "name", path="name", sensitivity=PERSONAL),
        Column("first", pgettext_lazy("column", "From"), "date", path="first"),
        Column("last", pgettext_lazy("column", "Until"), "date", path="last"),
        Column("minutes", _("Minutes served"), "number", path="minutes", unit=MINUTES),
        Column("issuer", _("Issued by"), path="issuer_name", width=24),
        Column("issued_on", _("Issued on"), "date", path="issued_on"),
        Column("issued_by", _("Signed for by"), "account", path="issued_by", sensitivity=STAFF),
        Column("revoked_at", _("Revoked"), "datetime", path="revoked_at"),
        Column("revoked_by", _("Revoked by"), "account", path="revoked_by", sensitivity=STAFF),
        Column("revoked_for", _("Revoked because"), path="revoked_for", sensitivity=STAFF),
    )
    return table(
        "certificates", _("Certificates of service"), _("A certificate of hours served."),
        Certificate, columns, rows_of(Certificate), right=KEEP, person="volunteer__person_id",
        first=("number", "name", "first", "last", "minutes", "issuer", "issued_on", "revoked_at"),
    )  # fmt: skip


def _calls() -> FactTable:
    columns = (
        *place_columns(deepest=Level.GRID),
        Column("title", pgettext_lazy("for people", "Call"), path="title", width=28),
        Column("kind", _("Kind of post"), "code", path="kind", codes=_KINDS),
        Column("counts", _("Counts"), "code", path="counts", codes=Choices(Call.Counts.choices)),
        Column("starts_on", _("Starts on"), "date", path="starts_on"),
        Column("ends_on", pgettext_lazy("column", "Ends on"), "date", path="ends_on"),
        Column("state", _("State"), "code", path="state", codes=Choices(Call.State.choices)),
        Column("hours", _("Hours"), path="hours"),
        Column("open_to_all", _("To all volunteers of the place"), "yes_no", path="open_to_all"),
        Column("echelon", _("Echelon called last"), "number", path="echelon"),
        Column("cut_off", _("Pledges until"), "datetime", path="cut_off"),
        Column("answer_by", _("To be answered by"), "datetime", path="answer_by"),
        Column(
            "pledged", pgettext_lazy("column", "Pledged"), "number", path="pledged", unit=PERSONS
        ),
        Column("sent_at", pgettext_lazy("column", "Sent"), "datetime", path="sent_at"),
        Column("ended_at", pgettext_lazy("column", "Ended"), "datetime", path="ended_at"),
        Column("ended_for", _("Ended because"), path="ended_for"),
    )
    return table(
        "calls", _("Calls"), _("A call for people or units."), Call, columns, rows_of(Call),
        right=CALLS, link=lambda key: reverse("mobilise:call", args=[key]),
        first=("title", "town", "community", "starts_on", "ends_on", "state", "pledged"),
    )  # fmt: skip


def _pledges() -> FactTable:
    columns = (
        *place_columns(deepest=Level.GRID),
        Column("call", pgettext_lazy("for people", "Call"), path="call__title", width=28),
        Column("call_state", _("State of the call"), "code", path="call__state",
               codes=Choices(Call.State.choices)),
        *person_columns("volunteer__person"),
        Column("organisation", _("Organisation"), path="organisation__name", width=24),
        Column("heads", _("Heads"), "number", path="heads", unit=PERSONS),
        Column("hours", _("Hours"), "code", path="hours",
               codes=Choices(lambda: [(c, n.name) for c, n in call_rules().hours.items()])),
        Column("from_date", pgettext_lazy("column", "From"), "date", path="from_date"),
        Column("until", pgettext_lazy("column", "Until"), "date", path="until"),
        Column("state", _("State"), "code", path="state", codes=Choices(Pledge.State.choices)),
        Column("ended_at", pgettext_lazy("column", "Ended"), "datetime", path="ended_at"),
    )  # fmt: skip
    return table(
        "pledges", _("Pledges"), _("Somebody, or a unit, has pledged to come."), Pledge, columns,
        rows_of(Pledge), right=CALLS, person="volunteer__person_id",
        first=("call", "name", "organisation", "heads", "from_date", "until", "state"),
    )  # fmt: skip


def _batches() -> FactTable:
    columns = (
        *place_columns(deepest=Level.VILLAGE),
        Column("name", _("Aid batch"), path="name", synonyms="aid_batch", width=24),
        Column("number", _("Batch number"), "number", path="number"),
        Column("programme", _("Standing programme"), path="programme__name", width=24),
        Column("unit", _("Temporary unit"), path="unit__name", synonyms="temporary_unit", width=24),
        Column("destination", _("Destination"), path="destination__name"),
        Column("elsewhere", _("Destination elsewhere"), path="elsewhere"),
        Column("purpose", pgettext_lazy("column", "Purpose"), path="purpose", width=24),
        Column("organisation", _("Organisation"), path="organisation__name", width=24),
        Column(
            "liaison",
            _("Liaison"),
            "name",
            path="liaison_name",
            sensitivity=PERSONAL,
            right=AID_KEEP,
            mask=mask_name,
        ),
        Column("from_date", pgettext_lazy("column", "From"), "date", path="from_date"),
        Column("until", pgettext_lazy("column", "Until"), "date", path="until"),
        Column("left_on", _("Left on"), "date", path="left_on"),
        Column("returned_on", _("Returned on"), "date", path="returned_on"),
        Column("closed_on", _("Closed on"), "date", path="closed_on"),
        Column("state", _("State"), "code", path="state", codes=Choices(AidBatch.State.choices)),
    )
    return table(
        "aid_batches", _("Aid batches"), _("A batch of people sent elsewhere to help."), AidBatch,
        columns, rows_of(AidBatch), right=AID, person="liaison_id",
        link=lambda key: reverse("mobilise:aid_batch", args=[key]),
        first=("name", "number", "destination", "purpose", "from_date", "until", "state"),
    )  # fmt: skip


def _aid_members() -> FactTable:
    columns = (
        *place_columns(deepest=Level.VILLAGE),
        Column("batch", _("Aid batch"), path="batch__name", synonyms="aid_batch"),
        Column("batch_state", _("State of the batch"), "code", path="batch__state",
               codes=Choices(AidBatch.State.choices)),
        *(one for one in person_columns(right=AID_KEEP) if one.name != "name"),
        Column("name", pgettext_lazy("person", "Name"), "name", path="name",
               sensitivity=PERSONAL, right=AID_KEEP, mask=mask_name, synonyms="name"),
        Column("role", _("Role in the batch"), "code", path="role",
               codes=Choices(lambda: [(c, one.name) for c, one in aid_rules().roles.items()])),
        Column("organisation", _("Organisation"), path="organisation__name", width=24),
        Column("position", pgettext_lazy("column", "Position"),
               path="position", synonyms="position",
               sensitivity=PERSONAL, right=AID_KEEP),
        Column("specialty", _("Specialty"), path="specialty", sensitivity=PERSONAL,
               right=AID_KEEP),
        Column("leader", _("Leads"), "yes_no", path="leader", synonyms="leads"),
        Column("returned_on", _("Returned on"), "date", path="returned_on"),
        Column("fewer_for", _("Reason for fewer days of quarantine"), path="fewer_for",
               sensitivity=PERSONAL, right=AID_KEEP),
    )  # fmt: skip
    return table(
        "aid_members", _("Members of aid batches"), _("Somebody who goes with an aid batch."),
        AidMember, columns, rows_of(AidMember), right=AID, person="person_id",
        first=("batch", "name", "role", "organisation", "position", "leader", "phone",
               "returned_on"),
    )  # fmt: skip


def _aid_days() -> FactTable:
    columns = (
        *place_columns(deepest=Level.VILLAGE),
        Column("batch", _("Aid batch"), path="batch__name"),
        Column("day", _("Day"), "date", path="day"),
        Column("heads", _("Worked"), "number", path="heads", unit=PERSONS),
        Column("note", pgettext_lazy("column", "Note"), path="note", width=28),
        Column("entered_by", _("Entered by"), "account", path="entered_by", sensitivity=STAFF),
        Column("entered_at", _("Entered"), "datetime", path="entered_at"),
        Column("corrected_for", _("Corrected because"), path="corrected_for", sensitivity=STAFF),
    )
    return table(
        "aid_days", _("Days of aid batches"), _("What an aid batch did on a day."), AidDay,
        columns, rows_of(AidDay), right=AID,
        first=("batch", "day", "heads", "note", "entered_by"),
    )  # fmt: skip


# The clock of the installation: a day of the place, not of the database.
_TODAY = TruncDate(Now())
_RUNNING = _flag(
    Q(from_date__lte=_TODAY, until__gte=_TODAY) & (Q(ended_on=None) | Q(ended_on__gte=_TODAY))
)


def _quarantines() -> FactTable:
    columns = (
        *place_columns(deepest=Level.VILLAGE),
        Column("batch", _("Aid batch"), path="member__batch__name"),
        Column("name", pgettext_lazy("person", "Name"), "name", path="member__name",
               sensitivity=PERSONAL, right=AID_KEEP, mask=mask_name, synonyms="name"),
        Column("place", _("Where"), path="place", sensitivity=PERSONAL, opaque=True,
               right=AID_KEEP),
        Column("kind", _("Kind of quarantine"), "code", path="kind",
               codes=Choices(lambda: [(c, n.name) for c, n in aid_rules().quarantines.items()]),
               sensitivity=PERSONAL, right=AID_KEEP),
        Column("running", _("Runs today"), "yes_no", expression=_RUNNING),
        Column("from_date", pgettext_lazy("column", "From"), "date", path="from_date"),
        Column("until", pgettext_lazy("column", "Until"), "date", path="until"),
        Column("ended_on", _("Ended on"), "date", path="ended_on"),
        Column("ended_for", _("Ended because"), path="ended_for", sensitivity=PERSONAL,
               right=AID_KEEP),
    )  # fmt: skip
    return table(
        "aid_quarantines", _("Quarantines after aid"), _("Rest and quarantine after an aid batch."),
        AidQuarantine, columns, rows_of(AidQuarantine), right=AID, person="member__person_id",
    )  # fmt: skip


def _count(name: str, label: Any, about: Any, table: str, unit: Any, *filters: Filter,
           sums: str = "") -> Measure:  # fmt: skip
    return Measure(
        f"mobilise.{name}", label, about, f"mobilise.{table}", unit, filters, sums=sums,
        source=_SOURCE,
    )  # fmt: skip


_MEASURES = (
    _count("posts", _("Posts"), _("Posts that aren't closed."), "posts", "",
           Filter("closed_on", "empty")),
    _count("volunteers", _("Volunteers"), _("Volunteers who serve now."), "volunteers", PERSONS),
    _count("on_duty", _("On posts now"), _("Who has checked in on a shift that runs now."),
           "turns", PERSONS, Filter("there", "is", "yes")),
    _count("shifts_today", _("Shifts today"), _("Shifts that begin today and weren’t cancelled."),
           "shifts", "", Filter("day", "is", "today"), Filter("cancelled_at", "empty")),
    _count("wanted_today", _("Wanted on shifts today"),
           _("Heads wanted on shifts that begin today."), "shifts", PERSONS,
           Filter("day", "is", "today"), Filter("cancelled_at", "empty"), sums="heads"),
    _count("on_roster_today", _("On the roster today"),
           _("Who has a place on shifts that begin today."), "shifts", PERSONS,
           Filter("day", "is", "today"), Filter("cancelled_at", "empty"), sums="placed"),
    _count("absent_today", _("Absent today"),
           _("Who did not come to a shift that began today, as it was recorded."), "turns",
           PERSONS, Filter("day", "is", "today"), Filter("state", "is", Turn.State.ABSENT.value)),
    _count("certificates", _("Certificates of service"),
           _("Certificates that were issued and not revoked."), "certificates", "",
           Filter("revoked_at", "empty")),
    _count("calls_running", _("Calls that run"), _("Calls that were sent and haven’t ended."),
           "calls", "", Filter("state", "is", Call.State.SENT.value)),
    _count("call_heads", _("Wanted for calls"),
           _("Heads that the lines of running calls for people want."), "call_lines", PERSONS,
           Filter("call_state", "is", Call.State.SENT.value),
           Filter("counts", "is", Call.Counts.PEOPLE.value), sums="heads"),
    _count("call_placed", _("Placed for calls"),
           _("Heads that have a place on the lines of running calls for people."), "call_lines",
           PERSONS, Filter("call_state", "is", Call.State.SENT.value),
           Filter("counts", "is", Call.Counts.PEOPLE.value), sums="placed"),
    _count("lacking", _("Places not taken in two days"),
           _("Places that nobody has on shifts that run now or begin within two days."), "shifts",
           PERSONS, Filter("soon", "is", "yes"), sums="lacking"),
    _count("minutes", _("Minutes served"), _("All minutes credited on shifts."), "turns",
           MINUTES, sums="minutes"),
    _count("pledged", _("Pledged for calls"), _("Heads pledged for calls that run."), "pledges",
           PERSONS, Filter("call_state", "is", Call.State.SENT.value),
           Filter("state", "not", Pledge.State.WITHDRAWN.value), sums="heads"),
    _count("aid_away", _("Away with an aid batch"), _("Who is away with an aid batch now."),
           "aid_members", PERSONS, Filter("returned_on", "empty"),
           Filter("batch_state", "is", AidBatch.State.UNDER_WAY.value)),
    *(
        _count(f"aid_batches_{state.value}", label, _("Aid batches in this state."),
               "aid_batches", "", Filter("state", "is", state.value))
        for state, label in (
            (AidBatch.State.PLANNED, _("Aid batches planned")),
            (AidBatch.State.UNDER_WAY, _("Aid batches under way")),
            (AidBatch.State.RETURNED, _("Aid batches returned")),
            (AidBatch.State.CLOSED, _("Aid batches closed")),
        )
    ),
    _count("aid_returned", _("Back from an aid batch"),
           _("Members of aid batches who have come back."), "aid_members", PERSONS,
           Filter("returned_on", "filled")),
    _count("aid_trained", _("Trained by aid programmes"),
           _("Who was or is trained by standing programmes, once for each training."),
           "aid_trainees", PERSONS),
    _count("aid_quarantine", _("In quarantine after an aid batch"),
           _("Quarantines after return that run today."), "aid_quarantines", PERSONS,
           Filter("running", "is", "yes")),
    _count("aid_person_times", _("Days of work in aid batches"),
           _("Days of work of everybody in aid batches, added up."), "aid_days",
           pgettext_lazy("unit", "person-days"), sums="heads"),
)  # fmt: skip
