"""A dump of the database holds no identity number and no phone, nor does the log of a search."""

from __future__ import annotations

import hashlib
import os
import subprocess

import pytest
from django.conf import settings

from fangxian.common.actor import Actor
from fangxian.common.scoping import acting
from fangxian.core.actions import notify
from fangxian.core.models import OutboxMessage
from fangxian.people import queries
from fangxian.people.actions import change_person
from tests.kit.cast import make_cast, make_places
from tests.kit.objects import SECRETS, Side, codes_of


def dump(database: str) -> str:
    """All rows, history included, as text: what a stolen backup would show."""
    address, password = settings.SERVER.client_address("maintenance", database)
    done = subprocess.run(
        [settings.SERVER.client_program("pg_dump"), "--data-only", "--inserts", address],
        env={**os.environ, "PGPASSWORD": password},
        capture_output=True,
        check=True,
        timeout=60,
    )
    return done.stdout.decode()


@pytest.fixture
def filled(fresh_database: str) -> str:
    import tests.kit.makers  # noqa: F401  (the makers register themselves)

    places = make_places()
    cast = make_cast(places)
    for name, unit in (("own", places.unit), ("foreign", places.outside_unit)):
        side = Side(name, places, cast, codes_of(unit))
        person = side.get("people:person_id")
        side.get("core:file_id")
        with acting(Actor.system("kit", side.codes.county)) as by:
            change_person(by=by, person_id=person, employer="Kit")
        letters = notify(
            by=Actor.system("kit", side.codes.county),
            template="Come",
            channels=["sms"],
            targets={"sms": [SECRETS[name]["phone"]]},
        )
        assert letters.deliveries.count() == 1
    return fresh_database


def test_a_dump_names_no_number(filled: str) -> None:
    text = dump(filled)
    messages = list(OutboxMessage.objects.values_list("id", flat=True))
    assert len(messages) == 2
    for side in SECRETS.values():
        assert side["number"] not in text
        assert side["phone"] not in text
        # Bytes are dumped in hexadecimal.
        assert side["number"].encode().hex() not in text
        assert side["phone"].encode().hex() not in text
        # No hash either that all numbers could be tried against.
        for message in messages:
            guess = hashlib.sha256(message.bytes + side["phone"].encode())
            assert guess.hexdigest() not in text
        assert hashlib.sha256(side["phone"].encode()).hexdigest() not in text
    # It was a full dump: names are readable (they are searched), and so is the history.
    assert SECRETS["own"]["name"] in text
    assert "people_personhistory" in text


def test_the_numbers_are_there_for_who_has_the_keys(filled: str) -> None:
    with acting(Actor.system("kit", "130902")):
        assert queries.find_by_document("", SECRETS["own"]["number"]).count() == 1
        assert queries.find_by_document("", SECRETS["foreign"]["number"]).count() == 0
