"""Import who goes with aid batches, or whom standing programmes train."""

from __future__ import annotations

from fangxian.core.ledgers import Ledger
from fangxian.core.management.ledger import LedgerCommand
from fangxian.mobilise.aid.importing import LEDGERS


class Command(LedgerCommand):
    """``import_aid FILE --place CODE --as USER``: preview; ``--commit`` imports too."""

    help = __doc__ or ""
    room = "mobilise"

    def _known(self) -> list[Ledger]:
        return list(LEDGERS)
