"""What the county is made of: the data file, one seeded source of chance."""

from __future__ import annotations

import datetime as dt
import json
import random
from functools import cache
from pathlib import Path
from typing import Any

from django.utils import timezone

WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CHECKS = "10X98765432"
# No prefix of Chinese mobile numbers begins so.
PHONE_PREFIX = "154"


@cache
def recipe() -> dict[str, Any]:
    """The contents of ``county.json``."""
    data: dict[str, Any] = json.loads((Path(__file__).parent / "county.json").read_text("utf-8"))
    return data


class Chance:
    """Names, numbers and choices, the same for the same seed."""

    def __init__(self) -> None:
        self.data = dict(recipe())
        self.random = random.Random(self.data["seed"])  # noqa: S311 (made-up data, not secrets)
        self.today = timezone.localdate()
        self._taken: set[str] = set()
        self._phones = 0

    def name(self, surname: str = "") -> str:
        """A name; families share the surname given."""
        draw = self.random
        surnames = self.data["surnames"]
        first = surname or surnames[min(int(draw.expovariate(0.12)), len(surnames) - 1)]
        return first + "".join(draw.choices(self.data["given"], k=2 if draw.random() < 0.8 else 1))

    def birth(self, low: int, high: int) -> dt.date:
        """A date of birth for an age between ``low`` and ``high`` years."""
        days = self.random.randint(low * 365, high * 365 + 300)
        return self.today - dt.timedelta(days=days)

    def identity(self, birth: dt.date, sex: str) -> str:
        """A number valid in form that was never issued (see the package)."""
        while True:
            county = self.random.choice(self.data["identity_counties"])
            sequence = self.random.choice(("997", "999") if sex == "1" else ("996", "998"))
            body = f"{county}{birth:%Y%m%d}{sequence}"
            if body not in self._taken:
                self._taken.add(body)
                total = sum(int(a) * b for a, b in zip(body, WEIGHTS, strict=True))
                return body + CHECKS[total % 11]
            birth -= dt.timedelta(days=self.random.randint(1, 20))

    def phone(self) -> str:
        """A phone number of a range that is not in use."""
        self._phones += 1
        return f"{PHONE_PREFIX}{self._phones:08d}"
