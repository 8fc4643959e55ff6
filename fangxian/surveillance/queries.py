"""What is read of reports of diseases."""

from __future__ import annotations

import datetime as dt

from django.db.models import Count, F, Q, QuerySet

from fangxian.common.facts import within
from fangxian.surveillance.models import ReportCard


def cards_at(place: str) -> QuerySet[ReportCard]:
    """The cards at and below a place, those that were withdrawn too."""
    return ReportCard.objects.filter(within(place))


def counted(cards: QuerySet[ReportCard]) -> QuerySet[ReportCard]:
    """Without those that were withdrawn."""
    return cards.exclude(state=ReportCard.State.WITHDRAWN)


def late(cards: QuerySet[ReportCard]) -> QuerySet[ReportCard]:
    """Those that were reported after the law's deadline."""
    return cards.filter(reported_at__gt=F("due_at"))


def waiting_and_late(place: str, since: dt.datetime) -> dict[str, int]:
    """How many cards nobody has verified, and how many since a moment were late. One query."""
    after = Q(reported_at__gt=F("due_at"), reported_at__gte=since)
    return cards_at(place).aggregate(
        waiting=Count("pk", filter=Q(state=ReportCard.State.REPORTED)),
        late=Count("pk", filter=after & ~Q(state=ReportCard.State.WITHDRAWN)),
    )


def same_case(card: ReportCard, days: int) -> QuerySet[ReportCard]:
    """Other cards of the same human and disease, diagnosed within so many days, oldest first."""
    near = dt.timedelta(days=days)
    return (
        ReportCard.objects.filter(
            person_id=card.person_id,
            disease=card.disease,
            diagnosed_at__gte=card.diagnosed_at - near,
            diagnosed_at__lte=card.diagnosed_at + near,
        )
        .exclude(state=ReportCard.State.WITHDRAWN)
        .exclude(pk=card.pk)
        .order_by("diagnosed_at", "id")
    )
