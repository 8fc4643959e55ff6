"""Aid deployments: batches that serve elsewhere, standing programmes, days, returns."""

from __future__ import annotations

from typing import Any, Final

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from fangxian.common.fields import SealedTextField
from fangxian.common.history import tracked
from fangxian.common.models import NamesPerson, Placed
from fangxian.common.scoping import Scoped
from fangxian.organisations.models import Organisation, TemporaryUnit
from fangxian.people.models import Person
from fangxian.regions.models import Region

MOST_HEADS: Final = 10_000
MOST_FIGURE: Final = 1_000_000_000


class Bound(Placed):
    """What goes to a place: one of the tree, anywhere in the country, or told by ``elsewhere``.

    ``place_code`` is the place at home that sends it.
    """

    name = models.CharField(_("name"), max_length=80)
    destination = models.ForeignKey(
        Region,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("destination"),
    )
    elsewhere = models.CharField(_("where exactly, or abroad"), max_length=120, blank=True)
    purpose = models.CharField(_("what for"), max_length=300)
    organisation = models.ForeignKey(
        Organisation,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("unit that sends"),
    )
    made_by = models.CharField(_("made by"), max_length=80)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name


@tracked()
class AidProgramme(Bound):
    """A standing programme: experts for a partner elsewhere, officers stationed in a village.

    Its terms are batches with their number. ``kind`` is a code of the rule set ``aid``.
    """

    scope = Scoped()

    kind = models.SlugField(_("kind"), max_length=40)
    from_date = models.DateField(_("from"))
    ended_on = models.DateField(_("ended on"), null=True, blank=True)

    class Meta:
        verbose_name = _("standing programme")
        verbose_name_plural = _("standing programmes")
        constraints = [
            models.UniqueConstraint(
                fields=["place_code", "name"],
                condition=Q(ended_on=None),
                name="aid_programme_name_once",
            ),
            models.CheckConstraint(
                condition=~Q(destination=None) | ~Q(elsewhere=""), name="aid_programme_where"
            ),
            models.CheckConstraint(
                condition=Q(ended_on=None) | Q(ended_on__gte=F("from_date")),
                name="aid_programme_dates",
            ),
        ]


@tracked()
class AidBatch(NamesPerson, Bound):
    """A batch sent to help: planned, under way, returned, closed; or called off before it left.

    ``from_date`` and ``until`` are planned; ``left_on`` and ``returned_on`` what happened. With
    ``daily`` each day from leaving to return needs its progress. ``unit``: the temporary unit in
    which its members serve. ``liaison``: who keeps the line at home; he and the leader enter the
    progress.
    """

    scope = Scoped()
    names = ("liaison_id", "liaison_name")

    class State(models.TextChoices):
        PLANNED = "planned", pgettext_lazy("an aid batch", "planned")
        UNDER_WAY = "under_way", pgettext_lazy("an aid batch", "under way")
        RETURNED = "returned", pgettext_lazy("an aid batch", "returned")
        CLOSED = "closed", pgettext_lazy("an aid batch", "closed")
        CALLED_OFF = "called_off", pgettext_lazy("an aid batch", "called off")

    programme = models.ForeignKey(
        AidProgramme,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="terms",
        verbose_name=_("standing programme"),
    )
    number = models.PositiveSmallIntegerField(_("number of the batch"))
    unit = models.ForeignKey(
        TemporaryUnit,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("temporary unit"),
    )
    liaison = models.ForeignKey(
        Person,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="aid_liaisons",
        verbose_name=_("liaison at home"),
    )
    liaison_name = models.CharField(_("liaison at home"), max_length=60, blank=True)
    from_date = models.DateField(_("from"))
    until = models.DateField(_("until"))
    daily = models.BooleanField(_("progress each day"), default=True)
    state = models.CharField(
        _("state"), max_length=10, choices=State.choices, default=State.PLANNED
    )
    left_on = models.DateField(_("left on"), null=True, blank=True)
    returned_on = models.DateField(_("returned on"), null=True, blank=True)
    closed_on = models.DateField(_("closed on"), null=True, blank=True)

    class Meta:
        verbose_name = _("aid batch")
        verbose_name_plural = _("aid batches")
        constraints = [
            models.UniqueConstraint(
                fields=["place_code", "name", "number"],
                condition=~Q(state="called_off"),
                name="aid_batch_once",
            ),
            models.CheckConstraint(
                condition=~Q(destination=None) | ~Q(elsewhere=""), name="aid_batch_where"
            ),
            models.CheckConstraint(condition=Q(until__gte=F("from_date")), name="aid_batch_term"),
            models.CheckConstraint(
                condition=Q(state__in=["planned", "called_off"], left_on=None)
                | (Q(state__in=["under_way", "returned", "closed"]) & ~Q(left_on=None)),
                name="aid_batch_left",
            ),
            models.CheckConstraint(
                condition=Q(returned_on=None, state__in=["planned", "called_off", "under_way"])
                | Q(returned_on__gte=F("left_on"), state__in=["returned", "closed"]),
                name="aid_batch_returned",
            ),
            models.CheckConstraint(
                condition=Q(closed_on=None) ^ Q(state="closed"), name="aid_batch_closed"
            ),
            models.CheckConstraint(
                condition=Q(liaison=None, liaison_name="")
                | (~Q(liaison=None) & ~Q(liaison_name="")),
                name="aid_batch_liaison",
            ),
        ]
        indexes = [models.Index(fields=["place_code", "state"], name="aid_batch_place")]

    @property
    def title(self) -> str:
        """The name with the number of the batch."""
        return f"{self.name} {self.number}"


@tracked()
class AidMember(NamesPerson, Placed):
    """Who goes with a batch, as what. ``name`` is a copy, as a volunteer's.

    ``returned_on`` is his own return; some come back before the others. ``fewer_for``: why he is in
    quarantine for fewer days than the rules say. The leader is one of them.
    """

    scope = Scoped()

    batch = models.ForeignKey(AidBatch, models.PROTECT, related_name="members")
    person = models.ForeignKey(Person, models.PROTECT, related_name="aid_members")
    name = models.CharField(_("name"), max_length=60)
    role = models.SlugField(_("role"), max_length=40)
    organisation = models.ForeignKey(
        Organisation,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("unit at home"),
    )
    position = models.CharField(_("position or title"), max_length=60, blank=True)
    specialty = models.CharField(_("skill"), max_length=60, blank=True)
    leader = models.BooleanField(_("leads the batch"), default=False)
    returned_on = models.DateField(_("returned on"), null=True, blank=True)
    fewer_for = models.CharField(
        _("reason for fewer days of quarantine"), max_length=200, blank=True
    )

    class Meta:
        verbose_name = _("member of an aid batch")
        verbose_name_plural = _("members of aid batches")
        constraints = [
            models.UniqueConstraint(fields=["batch", "person"], name="aid_member_once"),
            models.UniqueConstraint(
                fields=["batch"], condition=Q(leader=True), name="aid_leader_once"
            ),
            models.CheckConstraint(condition=~Q(name=""), name="aid_member_name"),
            models.CheckConstraint(
                condition=Q(fewer_for="") | ~Q(returned_on=None), name="aid_member_fewer"
            ),
        ]
        indexes = [models.Index(fields=["place_code", "batch"], name="aid_member_place")]

    def __str__(self) -> str:
        return self.name


@tracked()
class AidQuarantine(Placed):
    """Quarantine of a member after his return, through ``until``; it ends by itself after that day.

    ``ended_on`` is its last day where somebody ended it before, with the reason. ``place`` is
    sealed: it may be where he lives.
    """

    scope = Scoped()

    member = models.OneToOneField(AidMember, models.PROTECT, related_name="quarantine")
    kind = models.SlugField(_("kind"), max_length=40)
    place = SealedTextField(
        verbose_name=_("where"), column="mobilise.aid_quarantine.place", null=True, blank=True
    )
    from_date = models.DateField(_("from"))
    until = models.DateField(_("until"))
    ended_on = models.DateField(_("ended on"), null=True, blank=True)
    ended_for = models.CharField(_("reason"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("quarantine after return")
        verbose_name_plural = _("quarantines after return")
        constraints = [
            models.CheckConstraint(
                condition=Q(until__gte=F("from_date")), name="aid_quarantine_dates"
            ),
            models.CheckConstraint(
                condition=Q(ended_on=None, ended_for="")
                | (Q(ended_on__gte=F("from_date"), ended_on__lte=F("until")) & ~Q(ended_for="")),
                name="aid_quarantine_ended",
            ),
        ]
        indexes = [models.Index(fields=["place_code", "until"], name="aid_quarantine_place")]

    @property
    def last(self) -> Any:
        """Its last day."""
        return self.ended_on or self.until


@tracked()
class FamilyContact(NamesPerson, Placed):
    """Who at home keeps contact with a member's family, from when to when; ``phone`` is sealed."""

    scope = Scoped()

    member = models.ForeignKey(AidMember, models.PROTECT, related_name="contacts")
    person = models.ForeignKey(Person, models.PROTECT, related_name="family_contacts")
    name = models.CharField(_("name"), max_length=60)
    phone = SealedTextField(
        verbose_name=_("phone"), column="mobilise.family_contact.phone", null=True, blank=True
    )
    from_date = models.DateField(_("from"))
    to_date = models.DateField(_("until"), null=True, blank=True)

    class Meta:
        verbose_name = _("family contact")
        verbose_name_plural = _("family contacts")
        constraints = [
            models.UniqueConstraint(
                fields=["member"], condition=Q(to_date=None), name="family_contact_once"
            ),
            models.CheckConstraint(
                condition=Q(to_date=None) | Q(to_date__gte=F("from_date")),
                name="family_contact_dates",
            ),
        ]
        indexes = [models.Index(fields=["place_code"], name="family_contact_place")]


@tracked()
class AidLeg(Placed):
    """A leg of the way: out, on to another place, or back."""

    scope = Scoped()

    class Kind(models.TextChoices):
        OUT = "out", pgettext_lazy("travel", "out")
        MOVE = "move", pgettext_lazy("travel", "move")
        BACK = "back", pgettext_lazy("travel", "back")

    batch = models.ForeignKey(AidBatch, models.PROTECT, related_name="legs")
    kind = models.CharField(_("kind"), max_length=4, choices=Kind.choices)
    mode = models.SlugField(_("by"), max_length=40)
    service = models.CharField(_("train, flight or plate"), max_length=40, blank=True)
    origin = models.CharField(_("from where"), max_length=80)
    target = models.CharField(_("to where"), max_length=80)
    departs_at = models.DateTimeField(_("departs"))
    arrives_at = models.DateTimeField(_("arrives"), null=True, blank=True)
    people = models.PositiveIntegerField(_("people"), null=True, blank=True)

    class Meta:
        verbose_name = _("leg")
        verbose_name_plural = _("legs")
        constraints = [
            models.CheckConstraint(
                condition=Q(arrives_at=None) | Q(arrives_at__gte=F("departs_at")),
                name="aid_leg_times",
            ),
        ]
        indexes = [models.Index(fields=["batch", "departs_at"], name="aid_leg_batch")]


@tracked()
class AidCounter(Placed):
    """What a batch counts each day: one of the rule set ``aid`` (``code``), or of its own."""

    scope = Scoped()

    batch = models.ForeignKey(AidBatch, models.PROTECT, related_name="counters")
    code = models.SlugField(_("code"), max_length=40, blank=True)
    name = models.CharField(_("name"), max_length=40)
    unit = models.CharField(_("unit"), max_length=20, blank=True)
    rank = models.PositiveSmallIntegerField(_("rank"), default=0)
    ended_on = models.DateField(_("ended on"), null=True, blank=True)

    class Meta:
        verbose_name = _("counter of an aid batch")
        verbose_name_plural = _("counters of aid batches")
        constraints = [
            models.UniqueConstraint(fields=["batch", "name"], name="aid_counter_once"),
            models.UniqueConstraint(
                fields=["batch", "code"], condition=~Q(code=""), name="aid_counter_code_once"
            ),
        ]


@tracked()
class AidDay(Placed):
    """The progress of a day: ``heads`` were at work. Its figures are rows of :class:`AidFigure`."""

    scope = Scoped()

    batch = models.ForeignKey(AidBatch, models.PROTECT, related_name="days")
    day = models.DateField(_("day"))
    heads = models.PositiveIntegerField(_("people at work"))
    note = models.CharField(_("what was done"), max_length=300, blank=True)
    entered_by = models.CharField(_("entered by"), max_length=150)
    entered_at = models.DateTimeField(_("entered"))
    corrected_for = models.CharField(_("reason of the correction"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("day of an aid batch")
        verbose_name_plural = _("days of aid batches")
        constraints = [
            models.UniqueConstraint(fields=["batch", "day"], name="aid_day_once"),
            models.CheckConstraint(condition=Q(heads__lte=MOST_HEADS), name="aid_day_heads"),
        ]
        indexes = [models.Index(fields=["place_code", "day"], name="aid_day_place")]


@tracked()
class AidFigure(Placed):
    """What a counter says of a day."""

    scope = Scoped()

    day = models.ForeignKey(AidDay, models.PROTECT, related_name="figures")
    counter = models.ForeignKey(AidCounter, models.PROTECT, related_name="figures")
    value = models.PositiveIntegerField(_("value"))

    class Meta:
        verbose_name = _("figure of a day")
        verbose_name_plural = _("figures of days")
        constraints = [
            models.UniqueConstraint(fields=["day", "counter"], name="aid_figure_once"),
            models.CheckConstraint(condition=Q(value__lte=MOST_FIGURE), name="aid_figure_most"),
        ]
        indexes = [models.Index(fields=["counter"], name="aid_figure_counter")]


@tracked()
class AidThanks(Placed):
    """How a batch was seen off, welcomed or thanked: by whom, with what, when."""

    scope = Scoped()

    batch = models.ForeignKey(AidBatch, models.PROTECT, related_name="thanks")
    kind = models.SlugField(_("kind"), max_length=40)
    day = models.DateField(_("day"))
    giver = models.CharField(_("by whom"), max_length=80)
    what = models.CharField(_("what"), max_length=300)

    class Meta:
        verbose_name = _("thanks")
        verbose_name_plural = _("thanks")
        indexes = [models.Index(fields=["batch", "day"], name="aid_thanks_batch")]


@tracked()
class AidResult(Placed):
    """What a standing programme has left there: local staff trained, what was built or opened.

    ``number`` counts it: the trainees, the rooms.
    """

    scope = Scoped()

    programme = models.ForeignKey(AidProgramme, models.PROTECT, related_name="results")
    term = models.ForeignKey(
        AidBatch,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="results",
        verbose_name=_("term"),
    )
    kind = models.SlugField(_("kind"), max_length=40)
    day = models.DateField(_("day"))
    what = models.CharField(_("what"), max_length=200)
    number = models.PositiveIntegerField(_("how many"), default=1)

    class Meta:
        verbose_name = _("result of a programme")
        verbose_name_plural = _("results of programmes")
        constraints = [
            models.CheckConstraint(
                condition=Q(number__gte=1, number__lte=MOST_FIGURE), name="aid_result_number"
            ),
        ]
        indexes = [models.Index(fields=["programme", "day"], name="aid_result_programme")]


@tracked()
class AidTrainee(Placed):
    """Somebody of the place helped whom a programme trains: when, in what, what he passed.

    He lives elsewhere and is no person of the register: name and unit are what was written down.
    """

    scope = Scoped()

    programme = models.ForeignKey(AidProgramme, models.PROTECT, related_name="trainees")
    term = models.ForeignKey(
        AidBatch,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="trainees",
        verbose_name=_("term"),
    )
    name = models.CharField(_("name"), max_length=60)
    organisation = models.CharField(_("unit"), max_length=80)
    position = models.CharField(_("position or title"), max_length=60, blank=True)
    topic = models.CharField(_("trained in"), max_length=120)
    from_date = models.DateField(_("from"))
    until = models.DateField(_("until"), null=True, blank=True)
    passed = models.CharField(_("what was passed"), max_length=120, blank=True)
    passed_on = models.DateField(_("passed on"), null=True, blank=True)

    class Meta:
        verbose_name = _("trainee of a programme")
        verbose_name_plural = _("trainees of programmes")
        constraints = [
            models.UniqueConstraint(
                fields=["programme", "name", "organisation", "topic", "from_date"],
                name="aid_trainee_once",
            ),
            models.CheckConstraint(
                condition=~Q(name="") & ~Q(organisation="") & ~Q(topic=""), name="aid_trainee_said"
            ),
            models.CheckConstraint(
                condition=Q(until=None) | Q(until__gte=F("from_date")), name="aid_trainee_dates"
            ),
            models.CheckConstraint(
                condition=Q(passed_on=None) | (Q(passed_on__gte=F("from_date")) & ~Q(passed="")),
                name="aid_trainee_passed",
            ),
        ]
        indexes = [models.Index(fields=["programme", "from_date"], name="aid_trainee_programme")]

    def __str__(self) -> str:
        return self.name
