"""As whom a place issues papers: what it has set, else as usual."""

from __future__ import annotations

from fangxian.regions.queries import full_name
from fangxian.reporting.bulletins import words
from fangxian.reporting.models import Issuer


def issuer_of(place: str) -> Issuer | None:
    """What the place itself has set; what a place above has set isn't its own."""
    return Issuer.objects.filter(place_code=place).first()


def values_of(place: str) -> dict[str, str]:
    """The values of papers that name issuer and addressee. One or two queries."""
    row = issuer_of(place)
    name = full_name(place) if place else ""
    body = row.body if row else ""
    issuer = body or words.usual("issuer") % {"place": name}
    return {
        "issuer": issuer,
        "red_head": (row.red_head if row else "") or words.usual("red_head") % {"issuer": issuer},
        "office": words.usual("office") % {"issuer": issuer},
        "signature": body or words.usual("signature") % {"place": name},
        "addressee": (row.addressee if row else "") or words.usual("addressee"),
    }
