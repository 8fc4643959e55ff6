"""What the configuration withholds."""

from __future__ import annotations

from fangxian.common.facts import withhold


def register() -> None:
    """Say what is withheld (from ``ready()``)."""
    withhold({"config.KeyMark": "marks of keys, by which a wrong key folder is noticed"})
