"""Changes of the register. Each takes keywords only, `by=` among them."""

from fangxian.register.actions.establishments import (
    change_establishment,
    close_establishment,
    create_establishment,
    reveal_contact,
)
from fangxian.register.actions.groups import join_group, leave_group
from fangxian.register.actions.households import (
    change_at_doors,
    change_household,
    close_household,
    create_household,
)
from fangxian.register.actions.residencies import (
    birth,
    change_residency,
    come_back,
    correct,
    death,
    go_away,
    move,
    move_in,
    move_out,
    name_head,
    undo_death,
    undo_move_out,
)

__all__ = [
    "birth",
    "change_at_doors",
    "change_establishment",
    "change_household",
    "change_residency",
    "close_establishment",
    "close_household",
    "come_back",
    "correct",
    "create_establishment",
    "create_household",
    "death",
    "go_away",
    "join_group",
    "leave_group",
    "move",
    "move_in",
    "move_out",
    "name_head",
    "reveal_contact",
    "undo_death",
    "undo_move_out",
]
