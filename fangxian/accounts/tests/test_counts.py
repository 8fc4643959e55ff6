"""What web processes share about sign-in: counts that end, and no code."""

from __future__ import annotations

import base64
import datetime as dt
import os
import pickle
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.cache import cache
from django.utils import timezone

from fangxian.accounts.models import SharedCache
from fangxian.accounts.shared import cache_key

pytestmark = pytest.mark.django_db


def test_add_takes_a_key_once_until_it_has_run_out() -> None:
    assert cache.add("code 1", True, timeout=60)
    assert not cache.add("code 1", True, timeout=60)
    SharedCache.objects.update(expires=timezone.now())
    assert cache.get("code 1") is None
    assert cache.add("code 1", 2, timeout=60)
    assert cache.get("code 1") == 2


def test_set_overwrites_touch_prolongs_delete_forgets() -> None:
    cache.set("times", [1.5, 2.5], 60)
    cache.set("times", [3.5], None)
    assert cache.get("times") == [3.5]
    assert cache.touch("times", 5)
    assert not cache.touch("nothing", 5)
    assert cache.add("n", 1)
    assert cache.incr("n") == 2
    assert cache.delete("times")
    assert cache.get("times", "gone") == "gone"
    cache.clear()
    assert not SharedCache.objects.exists()


class Hostile:
    """Runs a command when it is unpickled."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> Any:
        return os.mkdir, (str(self.marker),)


def test_a_row_that_somebody_else_wrote_runs_nothing(tmp_path: Path) -> None:
    marker = tmp_path / "ran"
    hostile = base64.b64encode(pickle.dumps(Hostile(marker))).decode()
    stored = cache_key("times", settings.CACHES["default"].get("KEY_PREFIX", ""), 1)
    later = timezone.now() + dt.timedelta(hours=1)
    SharedCache.objects.create(cache_key=stored, value=hostile, expires=later)
    assert cache.get("times", []) == []
    assert not marker.exists()
    with pytest.raises(TypeError):
        cache.set("times", Hostile(marker))
