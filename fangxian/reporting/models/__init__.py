from fangxian.reporting.models.bulletin import Bulletin, Issuer, PaperTemplate
from fangxian.reporting.models.ledger import Ledger, Shot
from fangxian.reporting.models.taking import Taking
from fangxian.reporting.models.template import Filling, OfficeTemplate

__all__ = [
    "Bulletin",
    "Filling",
    "Issuer",
    "Ledger",
    "OfficeTemplate",
    "PaperTemplate",
    "Shot",
    "Taking",
]
