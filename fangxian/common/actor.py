"""Who acts, with which rights, where, for what purpose and from where."""

from __future__ import annotations

from dataclasses import dataclass, replace
from uuid import UUID

from fangxian.common import codes
from fangxian.common.errors import Forbidden


@dataclass(frozen=True, slots=True)
class Actor:
    """One grant in use: a person or a named system job, its rights and its area.

    ``area`` is a place code; everything the actor reads or writes lies in it. ``purpose`` is the
    task or the reason, ``source`` the address or job the call came from: both go into each history
    row and into the access log.
    """

    name: str
    rights: frozenset[str]
    area: str
    source: str
    user_id: UUID | None = None
    person_id: UUID | None = None
    grant_id: UUID | None = None
    role: str = ""
    organisation_id: UUID | None = None
    purpose: str = ""
    request_id: str = ""

    @classmethod
    def system(cls, job: str, area: str) -> Actor:
        """The named system job ``job`` working in ``area`` with every right."""
        return cls(
            name=f"system:{job}",
            rights=ALL_RIGHTS,
            area=area,
            source=f"job:{job}",
            purpose=f"job {job}",
        )

    def may(self, right: str, code: str | None = None) -> bool:
        """Tell whether the actor has ``right``, at ``code`` if one is given."""
        has = self.rights is ALL_RIGHTS or right in self.rights
        return has and (code is None or codes.contains(self.area, code))

    def require(self, right: str, code: str | None = None) -> None:
        """Raise :class:`Forbidden` unless :meth:`may`."""
        if not self.may(right, code):
            raise Forbidden(right, code or "")

    def within(self, area: str) -> Actor:
        """The same actor narrowed to ``area``. Raises Forbidden when that lies outside."""
        if not codes.contains(self.area, area):
            raise Forbidden("scope", area)
        return replace(self, area=area)

    def for_purpose(self, purpose: str) -> Actor:
        """The same actor with the task or reason it acts for."""
        return replace(self, purpose=purpose)


class _AllRights(frozenset[str]):
    """Membership in this set is always true: only :meth:`Actor.system` uses it."""

    def __contains__(self, _right: object) -> bool:
        return True


ALL_RIGHTS: frozenset[str] = _AllRights()
