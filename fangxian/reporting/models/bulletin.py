"""Bulletins, reports and notices: their templates, which clerks edit, and what was issued."""

from __future__ import annotations

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from fangxian.common.fields import SealedTextField
from fangxian.common.history import tracked
from fangxian.common.models import Placed
from fangxian.common.scoping import Scoped
from fangxian.core.models import File

# What was issued stays as it is, whoever asks: only the place's code follows a redraw, the file of
# its PDF is set once, and it can be withdrawn, once.
_FIXED = """
IF TG_OP = 'DELETE' THEN
    IF OLD.state IN ('draft', 'review') THEN RETURN OLD; END IF;
ELSIF OLD.state IN ('draft', 'review') THEN
    RETURN NEW;
ELSIF to_jsonb(NEW) - '{place_code,file_id,state,withdrawn_at,withdrawn_by,withdrawn_for}'::text[]
      = to_jsonb(OLD) - '{place_code,file_id,state,withdrawn_at,withdrawn_by,withdrawn_for}'::text[]
      AND (OLD.file_id IS NULL OR NEW.file_id IS NOT DISTINCT FROM OLD.file_id)
      AND (NEW.state = OLD.state OR (OLD.state = 'issued' AND NEW.state = 'withdrawn')) THEN
    RETURN NEW;
END IF;
RAISE EXCEPTION 'bulletin % was issued and stays as it is: withdraw it', OLD.number
    USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'bulletin_fixed';
"""


@tracked()
class PaperTemplate(Placed):
    """A version of a template that people of a place have written; shipped ones are files.

    ``code`` names the template through its versions; the latest that isn't retired is in force.
    ``source`` is its text (see ``bulletins.language``).
    """

    # A community writes its notices by its county's templates.
    scope = Scoped(upward=True)

    code = models.SlugField(max_length=40)
    version = models.PositiveIntegerField(_("version"))
    kind = models.CharField(_("kind"), max_length=20)
    name = models.CharField(pgettext_lazy("template", "name"), max_length=120)
    source = models.TextField(_("text"))
    made_by = models.CharField(_("written by"), max_length=80)
    retired_on = models.DateField(_("retired on"), null=True, blank=True)

    class Meta:
        verbose_name = _("template of a paper")
        verbose_name_plural = _("templates of papers")
        constraints = [
            models.UniqueConstraint(
                fields=["place_code", "code", "version"], name="paper_template_version"
            )
        ]

    def __str__(self) -> str:
        return self.name


@tracked()
class Issuer(Placed):
    """As whom a place issues papers, and to whom it reports; what is empty is as usual.

    ``red_head`` stands at the top of official papers, ``body`` signs, ``addressee`` is the body
    above that reports go to.
    """

    scope = Scoped(upward=True)

    red_head = models.CharField(_("Red head"), max_length=80, blank=True)
    body = models.CharField(_("Issuing body"), max_length=80, blank=True)
    addressee = models.CharField(_("Body that reports go to"), max_length=120, blank=True)

    class Meta:
        verbose_name = _("issuer of papers")
        verbose_name_plural = _("issuers of papers")
        constraints = [
            models.UniqueConstraint(fields=["place_code"], name="issuer_of_place"),
        ]

    def __str__(self) -> str:
        return self.body or self.red_head or self.place_code


@tracked(exclude=["content"])
class Bulletin(Placed):
    """A paper from a template, with its figures as they were at ``as_of``.

    Draft, then review by another person, then issue with a number; what was issued is frozen with
    its data: ``content`` is the whole document (JSON, sealed), ``digest`` its SHA-256.
    """

    scope = Scoped()

    class State(models.TextChoices):
        DRAFT = "draft", pgettext_lazy("paper", "draft")
        REVIEW = "review", pgettext_lazy("paper", "in review")
        ISSUED = "issued", pgettext_lazy("paper", "issued")
        WITHDRAWN = "withdrawn", pgettext_lazy("paper", "withdrawn")

    kind = models.CharField(_("kind"), max_length=20)
    title = models.CharField(_("title"), max_length=200)
    template = models.CharField(max_length=40)
    template_version = models.PositiveIntegerField(null=True, blank=True)
    day = models.DateField(_("day"))
    as_of = models.DateTimeField(_("as of"))
    content = SealedTextField(column="reporting.bulletin.content")
    digest = models.CharField(max_length=64)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.DRAFT)
    number = models.CharField(_("number"), max_length=60, blank=True)
    year = models.PositiveSmallIntegerField(null=True, blank=True)
    serial = models.PositiveIntegerField(null=True, blank=True)
    user_id = models.UUIDField()
    made_by = models.CharField(_("drafted by"), max_length=80)
    reviewed_by = models.CharField(_("reviewed by"), max_length=80, blank=True)
    reviewer_id = models.UUIDField(null=True, blank=True)
    returned_for = models.CharField(_("sent back because"), max_length=200, blank=True)
    issued_at = models.DateTimeField(pgettext_lazy("paper", "issued"), null=True, blank=True)
    issued_by = models.CharField(_("issued by"), max_length=80, blank=True)
    withdrawn_at = models.DateTimeField(_("withdrawn at"), null=True, blank=True)
    withdrawn_by = models.CharField(_("withdrawn by"), max_length=80, blank=True)
    withdrawn_for = models.CharField(_("why withdrawn"), max_length=200, blank=True)
    file = models.ForeignKey(File, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = _("bulletin")
        verbose_name_plural = _("bulletins")
        constraints = [
            models.UniqueConstraint(
                fields=["place_code", "kind", "year", "serial"],
                condition=Q(serial__isnull=False),
                name="bulletin_number_once",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["draft", "review"], serial=None, issued_at=None)
                | (
                    Q(state__in=["issued", "withdrawn"], serial__isnull=False)
                    & Q(issued_at__isnull=False, year__isnull=False)
                    & ~Q(number="")
                    & ~Q(issued_by="")
                    & ~Q(reviewed_by="")
                ),
                name="bulletin_issued",
            ),
            models.CheckConstraint(
                condition=Q(reviewer_id=None) | ~Q(reviewer_id=models.F("user_id")),
                name="bulletin_two_people",
            ),
            models.CheckConstraint(
                condition=~Q(state="withdrawn")
                | (Q(withdrawn_at__isnull=False) & ~Q(withdrawn_for="")),
                name="bulletin_withdrawn",
            ),
        ]
        indexes = [models.Index(fields=["place_code", "-day"], name="bulletin_place")]
        triggers = [
            pgtrigger.Trigger(
                name="bulletin_fixed",
                operation=pgtrigger.Update | pgtrigger.Delete,
                when=pgtrigger.Before,
                func=_FIXED,
            )
        ]

    def __str__(self) -> str:
        return self.number or self.title
