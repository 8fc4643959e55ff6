"""Settings of a test run: a server and keys of its own."""

from __future__ import annotations

import os

os.environ["FANGXIAN_MODE"] = "test"

from fangxian.config.settings import *  # noqa: F403  (the mode must be set before)
