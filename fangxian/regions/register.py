"""What the room registers at start-up: its rights."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from fangxian.common import registries
from fangxian.common.registries import Right

RIGHTS = (
    Right("regions.view", _("See places")),
    Right("regions.edit", _("Change buildings, units and grids")),
    Right("regions.lists", _("Take in lists of divisions")),
    Right("regions.draw", _("Draw grids and put them in force")),
)


def register_all() -> None:
    """Fill the registries; running it again changes nothing."""
    for right in RIGHTS:
        registries.rights.register(right.name, right)
