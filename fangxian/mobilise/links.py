"""Secret links: a calendar that a phone subscribes to, a badge and certificates to verify.

Nothing is stored but how often a volunteer has asked for new ones: the links are signed with the
installation's key, and those of an earlier round open nothing.
"""

from __future__ import annotations

from typing import Final
from uuid import UUID

from django.core import signing

from fangxian.common.actor import Actor
from fangxian.common.errors import OutOfScope
from fangxian.mobilise.models import Certificate, Volunteer

CALENDAR: Final = "calendar"
BADGE: Final = "badge"
CERTIFICATE: Final = "certificate"


def secret(volunteer: Volunteer, what: str) -> str:
    """What stands in the link of ``what`` (:data:`CALENDAR`, :data:`BADGE`) of a volunteer."""
    return _signer(what).sign_object([volunteer.id.hex, volunteer.link_round])


def seal_of(certificate: Certificate) -> str:
    """What stands in the link by which a third person verifies a certificate.

    It holds as long as the installation's key: what becomes of the certificate, the page tells.
    """
    return _signer(CERTIFICATE).sign_object([certificate.id.hex])


def sealed(text: str) -> UUID:
    """Which certificate a link is of. Raises OutOfScope for one that was not made here."""
    try:
        (key,) = _signer(CERTIFICATE).unsign_object(text)
        return UUID(hex=key)
    except (signing.BadSignature, ValueError, TypeError) as error:
        raise OutOfScope(CERTIFICATE) from error


def opened(text: str, what: str) -> UUID:
    """Whose link it is, by its signature alone. Raises OutOfScope for one that was not made here.

    Whether it still holds is known with the volunteer: :func:`holds`.
    """
    try:
        key, _round = _signer(what).unsign_object(text)
        return UUID(hex=key)
    except (signing.BadSignature, ValueError, TypeError) as error:
        raise OutOfScope(what) from error


def holds(text: str, what: str, volunteer: Volunteer) -> bool:
    """Whether a link is the volunteer's present one."""
    return secret(volunteer, what) == text


def reader(what: str) -> Actor:
    """Who reads what a link shows: nobody is signed in."""
    return Actor.system(f"mobilise.{what}", "")


def _signer(what: str) -> signing.Signer:
    return signing.Signer(salt=f"mobilise.{what}")
