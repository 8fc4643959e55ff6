"""Importing ledgers of residents."""

from functools import partial

from fangxian.core.tests import importing

previewed = partial(importing.previewed, kind="register")
imported = partial(importing.imported, kind="register")
