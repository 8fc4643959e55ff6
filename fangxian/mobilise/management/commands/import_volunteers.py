"""Import a list of volunteers with what they are able to do."""

from __future__ import annotations

from fangxian.core.management.ledger import LedgerCommand
from fangxian.mobilise.importing import VOLUNTEERS


class Command(LedgerCommand):
    """``import_volunteers FILE --place CODE --as USER``: preview; ``--commit`` imports too."""

    help = __doc__ or ""
    room = "mobilise"
    kind = VOLUNTEERS
