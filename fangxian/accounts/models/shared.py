"""What all web processes know of sign-in: codes that were used, attempts that were counted."""

from __future__ import annotations

from django.db import models

from fangxian.common.scoping import Global


class SharedCache(models.Model):
    """The table behind ``CACHES["default"]`` (``accounts.counts``); rows end by themselves.

    Keys are keyed hashes (``accounts.shared.cache_key``): allauth puts names and codes into them.
    """

    scope = Global("counts of sign-in attempts, needed before anybody is signed in; no names")

    cache_key = models.CharField(primary_key=True, max_length=255)
    value = models.TextField()
    expires = models.DateTimeField(db_index=True)

    class Meta:
        db_table = "accounts_shared_cache"
