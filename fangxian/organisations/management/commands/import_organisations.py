"""Import a ledger of organisations with their members, or of who answers where."""

from __future__ import annotations

from fangxian.core.management.ledger import LedgerCommand


class Command(LedgerCommand):
    """``import_organisations FILE --place CODE --as USER``: preview; ``--commit`` imports too."""

    help = __doc__ or ""
    room = "organisations"
