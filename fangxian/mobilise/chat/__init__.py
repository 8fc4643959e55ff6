"""Sign-up lists pasted from a group chat, read line by line; rosters written out for one."""

from .model import Human, Line, Offered, Proposal, Reading
from .reading import parse
from .writing import written

__all__ = ["Human", "Line", "Offered", "Proposal", "Reading", "parse", "written"]
