"""Key groups: who needs care or a second look, from when to when."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from fangxian.common.fields import SealedTextField
from fangxian.common.history import tracked
from fangxian.common.models import Placed
from fangxian.common.scoping import Scoped
from fangxian.people.models import Person
from fangxian.register.vocabularies import KEY_GROUPS


@tracked()
class KeyGroupEntry(Placed):
    """A person belongs to a key group (a code of ``data/key_groups.json``).

    ``ended_by_death``: nothing else ended it, so a death taken back lets it go on.
    """

    scope = Scoped()

    person = models.ForeignKey(Person, models.PROTECT, related_name="key_groups")
    group = models.CharField(_("key group"), max_length=20)
    from_date = models.DateField(_("from"))
    to_date = models.DateField(_("until"), null=True, blank=True)
    ended_by_death = models.BooleanField(default=False, db_default=False, editable=False)
    emergency_id = models.UUIDField(null=True, editable=False)
    note = SealedTextField(
        verbose_name=_("note"),
        column="register.keygroup.note",
        emergency="emergency_id",
        null=True,
        blank=True,
    )

    class Meta:
        verbose_name = _("member of a key group")
        verbose_name_plural = _("members of key groups")
        constraints = [
            models.UniqueConstraint(
                fields=["person", "group"], condition=Q(to_date=None), name="key_group_once"
            ),
            models.CheckConstraint(
                condition=Q(to_date=None) | Q(to_date__gte=F("from_date")), name="key_group_dates"
            ),
        ]
        indexes = [models.Index(fields=["place_code", "group"], name="key_group_place")]

    @property
    def group_label(self) -> str:
        """The group in the current language."""
        return KEY_GROUPS.label(self.group)
