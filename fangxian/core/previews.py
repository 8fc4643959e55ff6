"""What is kept of an import's preview: it quotes rows, so that of an emergency is sealed."""

from __future__ import annotations

from base64 import b85decode, b85encode
from typing import Any, Final

import orjson

from fangxian.common import crypto
from fangxian.common.keyring import KeyDestroyed
from fangxian.core.models import ImportRun

KEY: Final = "preview"
COLUMN: Final = "core.importrun.preview"


def keep(run: ImportRun, preview: dict[str, Any]) -> None:
    """Set the preview among the run's options, not saved yet."""
    kept: Any = preview
    if run.emergency_id is not None:
        sealed = crypto.seal(
            orjson.dumps(preview, option=orjson.OPT_NON_STR_KEYS), COLUMN, run.emergency_id
        )
        kept = b85encode(sealed).decode()
    run.options = {**run.options, KEY: kept}


def preview_of(run: ImportRun) -> dict[str, Any]:
    """The preview; empty before there is one, and when the emergency has ended."""
    kept: Any = run.options.get(KEY, {})
    if not isinstance(kept, str):
        found: dict[str, Any] = kept
        return found
    # Asked for each row that is named: opened once for what the run holds.
    last, opened = run.__dict__.get("_opened_preview", (None, {}))
    if last is not kept:
        opened = _opened(kept)
        run.__dict__["_opened_preview"] = (kept, opened)
    return dict(opened)


def _opened(kept: str) -> dict[str, Any]:
    try:
        found: dict[str, Any] = orjson.loads(crypto.unseal(b85decode(kept), COLUMN))
    except KeyDestroyed:
        return {}
    return found
