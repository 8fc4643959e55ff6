"""Import a ledger of residents without a browser."""

from __future__ import annotations

from fangxian.core.management.ledger import LedgerCommand


class Command(LedgerCommand):
    """``import_register FILE --place CODE --as USER``: preview; ``--commit`` imports too."""

    help = __doc__ or ""
    room = "register"
    kind = "register"
