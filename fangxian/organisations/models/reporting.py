"""Reporting in: units and members at a community, its lists, who claims what, the feedback."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from fangxian.common.history import tracked
from fangxian.common.models import Placed
from fangxian.common.scoping import Scoped
from fangxian.organisations.models.organisation import Organisation
from fangxian.people.models import Person
from fangxian.regions.models import Region

# The months with which a quarter begins.
QUARTERS = (1, 4, 7, 10)


@tracked()
class ReportIn(Placed):
    """A unit reports in to a community, or a member to the one where he or she lives.

    It is received by the community. A member is seen there as a resident, not through this row.
    """

    scope = Scoped()

    community = models.ForeignKey(Region, models.PROTECT, related_name="+")
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, null=True, blank=True, related_name="reports_in"
    )
    person = models.ForeignKey(
        Person, models.PROTECT, null=True, blank=True, related_name="reports_in"
    )
    offers = models.CharField(_("what it can do"), max_length=200, blank=True)
    reported_on = models.DateField(_("reported in on"))
    received_on = models.DateField(_("received on"), null=True, blank=True)
    ended_on = models.DateField(_("until"), null=True, blank=True)

    class Meta:
        verbose_name = _("reporting in")
        verbose_name_plural = _("reports in")
        constraints = [
            models.CheckConstraint(
                condition=Q(organisation=None, person__isnull=False)
                | Q(organisation__isnull=False, person=None),
                name="report_in_of_one",
            ),
            models.UniqueConstraint(
                fields=["community", "organisation"],
                condition=Q(ended_on=None),
                name="unit_reports_in_once",
            ),
            # A member has one home community.
            models.UniqueConstraint(
                fields=["person"], condition=Q(ended_on=None), name="member_reports_in_once"
            ),
            models.CheckConstraint(
                condition=Q(received_on=None) | Q(received_on__gte=F("reported_on")),
                name="report_in_received",
            ),
            models.CheckConstraint(
                condition=Q(ended_on=None) | Q(ended_on__gte=F("reported_on")),
                name="report_in_dates",
            ),
        ]
        indexes = [models.Index(fields=["place_code"], name="report_in_place")]


@tracked()
class CommunityItem(Placed):
    """One line of a community's lists: a need, a resource, a project (rule set ``reporting``).

    Whether it is open, claimed or done, its claims say.
    """

    scope = Scoped()

    community = models.ForeignKey(Region, models.PROTECT, related_name="+")
    kind = models.SlugField(_("list"), max_length=20)
    title = models.CharField(_("what it is"), max_length=120)
    detail = models.CharField(_("details"), max_length=300, blank=True)
    due = models.DateField(_("by when"), null=True, blank=True)
    withdrawn_on = models.DateField(_("withdrawn on"), null=True, blank=True)

    class Meta:
        verbose_name = _("item of a community")
        verbose_name_plural = _("items of communities")
        indexes = [models.Index(fields=["place_code", "kind"], name="community_item_place")]

    def __str__(self) -> str:
        return self.title


@tracked()
class Claim(Placed):
    """Who reported in takes an item on, and has done it or gives it up.

    ``waits``: the unit or member asked for it, and the community has not confirmed it yet.
    """

    scope = Scoped()

    item = models.ForeignKey(CommunityItem, models.PROTECT, related_name="claims")
    report = models.ForeignKey(ReportIn, models.PROTECT, related_name="claims")
    claimed_on = models.DateField(_("claimed on"))
    waits = models.BooleanField(_("waits for the community"), default=False)
    done_on = models.DateField(_("done on"), null=True, blank=True)
    given_up_on = models.DateField(_("given up on"), null=True, blank=True)
    result = models.CharField(_("result"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("claim")
        verbose_name_plural = _("claims")
        constraints = [
            models.UniqueConstraint(
                fields=["item"], condition=Q(given_up_on=None), name="item_claimed_once"
            ),
            models.CheckConstraint(
                condition=Q(done_on=None) | Q(given_up_on=None), name="claim_done_or_given_up"
            ),
            models.CheckConstraint(
                condition=Q(waits=False) | Q(done_on=None), name="claim_confirmed_before_done"
            ),
            models.CheckConstraint(
                condition=(Q(done_on=None) | Q(done_on__gte=F("claimed_on")))
                & (Q(given_up_on=None) | Q(given_up_on__gte=F("claimed_on"))),
                name="claim_dates",
            ),
        ]
        indexes = [models.Index(fields=["place_code"], name="claim_place")]


@tracked()
class Feedback(Placed):
    """What a community says of one who reported in, for a quarter (its first day)."""

    scope = Scoped()

    report = models.ForeignKey(ReportIn, models.PROTECT, related_name="feedback")
    quarter = models.DateField(_("quarter"))
    grade = models.SlugField(_("grade"), max_length=20)
    text = models.CharField(_("feedback"), max_length=300, blank=True)
    given_on = models.DateField(_("given on"))

    class Meta:
        verbose_name = _("quarterly feedback")
        verbose_name_plural = _("quarterly feedback")
        constraints = [
            models.UniqueConstraint(fields=["report", "quarter"], name="feedback_once_a_quarter"),
            models.CheckConstraint(
                condition=Q(quarter__day=1, quarter__month__in=QUARTERS), name="feedback_quarter"
            ),
        ]
        indexes = [models.Index(fields=["place_code"], name="feedback_place")]
