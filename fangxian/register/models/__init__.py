from fangxian.register.models.establishment import Establishment
from fangxian.register.models.group import KeyGroupEntry
from fangxian.register.models.household import Household, Residency

__all__ = ["Establishment", "Household", "KeyGroupEntry", "Residency"]
