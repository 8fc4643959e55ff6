"""The rows of the coverage board: a place, its children, who closes what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from fangxian.common.codes import Level
from fangxian.core import counters
from fangxian.field.models import Campaign
from fangxian.field.queries import Coverage, coverage
from fangxian.organisations.queries import Responsible, who_closes_many
from fangxian.regions.models import Region

VACANCY = "vacancy"
CHAIN = "chain"


@dataclass(frozen=True)
class Row:
    """One place of the board."""

    place_id: UUID
    code: str
    name: str
    level: Level
    coverage: Coverage
    vacancies: int
    closers: Sequence[Responsible]

    @property
    def done(self) -> int:
        return self.coverage.visited

    @property
    def complete(self) -> bool:
        return self.coverage.gap == 0 and self.vacancies == 0

    @property
    def closer(self) -> Responsible | None:
        """Who is asked first: the nearest holder of the first closing role."""
        return self.closers[0] if self.closers else None


def rows(campaign: Campaign, places: Sequence[Region]) -> list[Row]:
    """The board's rows of some places. Four queries, however many places."""
    codes_ = [place.code for place in places]
    covered = coverage(campaign, codes_)
    vacant = counters.read(codes_, [VACANCY], CHAIN)
    closers = who_closes_many(codes_)
    return [
        Row(
            place_id=place.id,
            code=place.code,
            name=place.name,
            level=Level(place.level),
            coverage=covered[place.code],
            vacancies=vacant[(place.code, VACANCY)],
            closers=closers[place.code],
        )
        for place in places
    ]
