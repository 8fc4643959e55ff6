"""The reference of `visit`: Django and ninja with nothing of ours, one row and one audit row.

Who asks is known by Django's own session; there is no scope, no rule, no counter. It is served over
a database of its own on the same server.
"""

from __future__ import annotations

import json
import os
import uuid
from typing import Any

import django
from django.conf import settings

if not settings.configured:
    settings.configure(
        SECRET_KEY="benchmark",
        ALLOWED_HOSTS=["*"],
        USE_TZ=True,
        ROOT_URLCONF=__name__,
        INSTALLED_APPS=[
            "django.contrib.contenttypes",
            "django.contrib.auth",
            "django.contrib.sessions",
            "ninja",
        ],
        MIDDLEWARE=[
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.middleware.common.CommonMiddleware",
            "django.middleware.csrf.CsrfViewMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
        ],
        DATABASES={"default": json.loads(os.environ["BARE_DATABASE"])},
    )
    django.setup()

from django.contrib.auth.models import User
from django.db import connection, models, transaction
from django.urls import path
from ninja import NinjaAPI, Schema
from ninja.security import django_auth


class BareVisit(models.Model):
    """The row."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    op_id = models.UUIDField(unique=True)
    household_id = models.UUIDField(db_index=True)
    outcome = models.CharField(max_length=12)
    note = models.TextField()
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        app_label = "bare"


class BareAudit(models.Model):
    """The audit row."""

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField(auto_now_add=True)
    user = models.CharField(max_length=80)
    what = models.CharField(max_length=80)
    row = models.UUIDField(db_index=True)
    data = models.JSONField()

    class Meta:
        app_label = "bare"


class VisitIn(Schema):
    op_id: uuid.UUID
    household_id: uuid.UUID
    outcome: str
    note: str = ""


class VisitOut(Schema):
    id: uuid.UUID


api = NinjaAPI(auth=django_auth, docs_url=None)


@api.post("/visits", response=VisitOut)
def record(request: Any, visit: VisitIn) -> BareVisit:
    """One row and its audit."""
    with transaction.atomic():
        row = BareVisit.objects.create(**visit.dict())
        BareAudit.objects.create(
            user=request.user.username,
            what="visit",
            row=row.id,
            data={"outcome": row.outcome, "household": str(row.household_id)},
        )
    return row


urlpatterns = [path("api/", api.urls)]


def prepare(users: int) -> list[str]:
    """Make the tables and signed-in users; returns their session keys."""
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    with connection.schema_editor() as editor:
        editor.create_model(BareVisit)
        editor.create_model(BareAudit)
    keys = []
    for number in range(users):
        user = User.objects.create(username=f"u{number}", password="!")
        store = SessionStore()
        store[SESSION_KEY] = str(user.pk)
        store[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
        store[HASH_SESSION_KEY] = user.get_session_auth_hash()
        store.save()
        keys.append(str(store.session_key))
    return keys


if __name__ == "__main__":
    print(json.dumps(prepare(int(os.environ["BARE_USERS"]))))
else:
    from django.core.wsgi import get_wsgi_application

    application = get_wsgi_application()
