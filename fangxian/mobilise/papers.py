"""A certificate as a PDF: its words in the reader's language, its figures as they were issued."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from fangxian.common import papers
from fangxian.common.ui.formats import date
from fangxian.common.ui.qr import qr
from fangxian.mobilise.models import Certificate

TEMPLATE: Final = Path(__file__).parent / "data" / "certificate.typ"
HOUR: Final = 60


def hours_written(minutes: int) -> str:
    """Minutes as people say them."""
    hours, rest = divmod(minutes, HOUR)
    if not rest:
        return _("%(h)d hours") % {"h": hours}
    return _("%(h)d hours %(m)d minutes") % {"h": hours, "m": rest}


def certificate_pdf(certificate: Certificate, address: str) -> bytes:
    """The paper; ``address`` is where its QR leads. Raises papers.FontMissing, papers.NotSet."""
    return papers.pdf(TEMPLATE, _words(certificate, address), day=certificate.issued_on)


def _words(one: Certificate, address: str) -> dict[str, Any]:
    language = get_language() or "zh-hans"
    chinese = language.startswith("zh")
    hours = hours_written(one.minutes)
    return {
        "language": "zh" if chinese else "en",
        "region": ("TW" if language == "zh-hant" else "CN") if chinese else "GB",
        "serif": papers.SERIF,
        "sans": papers.SANS,
        "title": _("Certificate of service"),
        "numbered": _("No. %(number)s") % {"number": one.number},
        "sentence": _(
            "This is to certify that %(name)s was on duty as a volunteer in epidemic prevention"
            " from %(first)s to %(last)s and is credited %(hours)s."
        )
        % {"name": one.name, "first": date(one.first), "last": date(one.last), "hours": hours},
        "heads": [_("Unit of service"), _("Shifts"), _("Hours credited")],
        "rows": [
            [row["unit"], str(row["turns"]), hours_written(row["minutes"])] for row in one.rows
        ],
        "total": [_("Together"), str(sum(row["turns"] for row in one.rows)), hours],
        "issuer": one.issuer_name,
        "day": date(one.issued_on),
        "seal": _("(seal)"),
        "verify": _("Read it to verify"),
        "qr": str(qr(address, "QR")).replace(
            "<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1
        ),
    }
