from fangxian.people.models.merge import Merge, MergeCandidate
from fangxian.people.models.person import (
    NameToken,
    Person,
    PersonDocument,
    PersonLink,
    PersonPhone,
)

__all__ = [
    "Merge",
    "MergeCandidate",
    "NameToken",
    "Person",
    "PersonDocument",
    "PersonLink",
    "PersonPhone",
]
