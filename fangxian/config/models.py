"""Which keys a database was written with."""

from __future__ import annotations

from django.db import models

from fangxian.common.scoping import Global


class KeyMark(models.Model):
    """The fingerprint of a standing key, written when the key is first used with this database.

    A key folder that is lost or another's is noticed by it before anything is sealed anew.
    """

    scope = Global("fingerprints tell a key from another and nothing else", append_only=True)

    name = models.CharField(max_length=20, primary_key=True)
    fingerprint = models.CharField(max_length=64)
    since = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.name
