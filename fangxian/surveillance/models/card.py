"""The report card of a case of a notifiable disease."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from fangxian.common.fields import SealedTextField
from fangxian.common.history import tracked
from fangxian.common.models import NamesPerson, Placed
from fangxian.common.scoping import Scoped
from fangxian.organisations.models import Organisation
from fangxian.people.models import Person


@tracked()
class ReportCard(NamesPerson, Placed):
    """A case as it was reported: who, which disease, how sure, when, by whom.

    ``place_code`` is where the case lives, or where it was reported if that is elsewhere
    (``belongs`` says which). ``disease``, ``classification``, ``source``, ``belongs`` and
    ``occupation`` are codes of the rule sets ``diseases`` (under ``catalogue_version``) and
    ``disease_reports``. ``due_at``: until when the law wanted it reported; ``reported_at`` is the
    database's clock. A card is never removed: it is revised or withdrawn for a reason, and its
    history tells what it said before. It is written by law, in peace as in an emergency, so it
    belongs to none and does not end with one.
    """

    scope = Scoped()

    class State(models.TextChoices):
        REPORTED = "reported", pgettext_lazy("a card", "reported")
        VERIFIED = "verified", pgettext_lazy("a card", "verified")
        WITHDRAWN = "withdrawn", pgettext_lazy("a card", "withdrawn")

    number = models.CharField(_("number of the card"), max_length=24, unique=True)
    person = models.ForeignKey(Person, models.PROTECT, related_name="report_cards")
    name = models.CharField(_("name"), max_length=60)
    disease = models.SlugField(_("disease"), max_length=40)
    catalogue_version = models.PositiveSmallIntegerField(_("version of the list"))
    classification = models.SlugField(_("classification"), max_length=20)
    source = models.SlugField(_("source of the report"), max_length=20)
    organisation = models.ForeignKey(
        Organisation,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("reporting unit"),
    )
    doctor = models.CharField(_("reporting doctor"), max_length=60, blank=True)
    belongs = models.SlugField(_("belongs to"), max_length=20)
    occupation = models.SlugField(_("occupation"), max_length=20, blank=True)
    onset_on = models.DateField(_("onset"), null=True, blank=True)
    diagnosed_at = models.DateTimeField(_("diagnosed"))
    died_on = models.DateField(_("died on"), null=True, blank=True)
    address = SealedTextField(
        verbose_name=_("address"), column="surveillance.card.address", null=True
    )
    note = SealedTextField(verbose_name=_("note"), column="surveillance.card.note", null=True)
    reported_at = models.DateTimeField(_("reported"), default=timezone.now, editable=False)
    due_at = models.DateTimeField(_("to be reported until"))
    state = models.CharField(
        _("state"), max_length=10, choices=State.choices, default=State.REPORTED
    )
    revised_for = models.CharField(_("why revised"), max_length=200, blank=True)
    withdrawn_for = models.CharField(_("why withdrawn"), max_length=200, blank=True)
    verified_at = models.DateTimeField(_("verified"), null=True, blank=True)
    verified_by = models.CharField(_("verified by"), max_length=80, blank=True)
    made_by = models.CharField(_("reported by"), max_length=80)

    class Meta:
        verbose_name = _("report card")
        verbose_name_plural = _("report cards")
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="withdrawn") | ~Q(withdrawn_for=""),
                name="card_withdrawn_for_a_reason",
            ),
            models.CheckConstraint(
                condition=~Q(state="verified")
                | (Q(verified_at__isnull=False) & ~Q(verified_by="")),
                name="card_verified_by",
            ),
            models.CheckConstraint(
                condition=Q(died_on=None) | Q(onset_on=None) | Q(died_on__gte=F("onset_on")),
                name="card_dates",
            ),
        ]
        indexes = [
            models.Index(fields=["place_code", "diagnosed_at"], name="card_place"),
            models.Index(fields=["person", "disease"], name="card_person"),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def late(self) -> bool:
        """Whether it was reported after the law's deadline."""
        return self.reported_at > self.due_at
