"""What this room withholds: it records nothing but the result of the nightly check."""

from __future__ import annotations

from fangxian.common.facts import withhold


def register() -> None:
    """Say what is withheld (from ``ready()``)."""
    withhold({"command.CheckRun": "results of the nightly check: on its page"})
