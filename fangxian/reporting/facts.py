"""What the room itself withholds: how facts were looked at is no fact of the county's."""

from __future__ import annotations

from fangxian.common.facts import withhold


def register() -> None:
    """Say what is withheld (from ``ready()``)."""
    withhold(
        {
            "reporting.Ledger": "views that people have put together: on the page of ledgers",
            "reporting.Shot": "digests by which changes of a ledger are seen",
            "reporting.Taking": "who took what away: on the page of files taken",
            "reporting.OfficeTemplate": "templates of offices: on the page of templates",
            "reporting.Filling": "filled templates: on the page of their template",
            "reporting.PaperTemplate": "templates of papers: on the page of bulletins",
            "reporting.Issuer": "as whom a place issues papers: on the page of bulletins",
            "reporting.Bulletin": "papers made of facts: on the page of bulletins",
        }
    )
