"""Changes of persons. Each takes keywords only, `by=` among them."""

from fangxian.people.actions.links import link_person, unlink_person
from fangxian.people.actions.merging import dismiss, merge, propose_merge, undo_merge
from fangxian.people.actions.persons import (
    add_document,
    add_phone,
    change_person,
    create_person,
    record_death,
    remove_document,
    remove_phone,
    withdraw_death,
)
from fangxian.people.actions.revealing import reveal

__all__ = [
    "add_document",
    "add_phone",
    "change_person",
    "create_person",
    "dismiss",
    "link_person",
    "merge",
    "propose_merge",
    "record_death",
    "remove_document",
    "remove_phone",
    "reveal",
    "undo_merge",
    "unlink_person",
    "withdraw_death",
]
