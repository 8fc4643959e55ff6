from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from fangxian.accounts.models import AccessLog, User
from fangxian.accounts.queries import access_log, who_looked
from fangxian.common.errors import Conflict, Forbidden, Invalid, OutOfScope, TooMany
from fangxian.common.masks import mask_number, mask_phone
from fangxian.common.scoping import acting
from fangxian.people import actions, names, queries, queue, registered, tokens
from fangxian.people.models import (
    MergeCandidate,
    NameToken,
    Person,
    PersonDocument,
    PersonLink,
    PersonPhone,
)

pytestmark = pytest.mark.django_db

NUMBER = "11010519491231002X"
OTHER = "130999199001010018"


def test_masks():
    assert mask_number(NUMBER) == "1*************002X"
    assert mask_phone("13812341234") == "138****1234"


@given(st.text("0123456789X", min_size=15, max_size=18))
def test_a_mask_shows_five_characters_at_most(number):
    assert sum(a != "*" for a in mask_number(number)) == 5
    assert len(mask_number(number)) == len(number)


def test_sex_and_birth_come_from_the_identity_number(make):
    person = make(documents=[("identity", NUMBER)])
    assert (person.sex, person.birth_date) == ("2", dt.date(1949, 12, 31))


def test_documents_of_all_kinds_or_none(make, alice, seen):
    make("无证件")
    for kind, number in (
        ("passport", "E12345678"),
        ("hk_macao_permit", "H12345678"),
        ("taiwan_permit", "12345678"),
        ("foreigner_permit", "911124198108030024"),
        ("birth_certificate", "R130012345"),
    ):
        person = make("某人", documents=[(kind, number)])
        assert seen(lambda k=kind, n=number: queries.find_by_document(k, n).get()) == person


@pytest.mark.parametrize("number", ["110105194912310021", "1", "", "11010519491331002X"])
def test_wrong_numbers_are_refused_with_a_mend(make, number):
    with pytest.raises(Invalid) as caught:
        make(documents=[("identity", number)])
    assert caught.value.problems[0].mend
    assert len(number) < 10 or number not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("王小明", True), ("王小", True), ("小明", True), ("小", True), ("王", True), ("明", True),
        ("wxm", True), ("wx", True), ("WXM", True), ("xm", False), ("明小", False), ("李", False),
        ("", False), ("王%", False),
    ],
)  # fmt: skip
def test_a_name_is_found_by_every_piece_and_by_initials(make, seen, text, found):
    person = make("王小明")
    assert (person in seen(lambda: queries.search_names(text))) is found


@given(
    name=st.text(st.sampled_from("王李小明华·a B"), min_size=1, max_size=8).filter(
        lambda t: names.search_form(t)
    )
)
def test_tokens_differ_and_begin_every_piece(django_db_blocker, name):
    form = names.search_form(name)
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute("SELECT people_tokens(%s, %s)", [names.tidy(name), names.initials(name)])
        tokens = [row[0] for row in cursor.fetchall()]
    assert len(tokens) == len(set(tokens))
    pieces = {form[a:b] for a in range(len(form)) for b in range(a + 1, len(form) + 1)}
    for piece in pieces:
        if len(piece) == 1:
            assert piece in tokens
        else:
            assert any(token.startswith(piece) for token in tokens)


def test_a_new_name_is_found_and_the_old_one_no_more(make, alice, seen):
    person = make("王小明")
    actions.change_person(by=alice, person_id=person.id, name="王大力")
    assert seen(lambda: queries.search_names("大力")) == [person]
    assert seen(lambda: queries.search_names("小明")) == []


def test_a_new_name_is_found_in_every_area_of_the_person(make, alice, charlie, places, seen):
    from fangxian.common.actor import Actor

    person = make("王小明")
    actions.link_person(
        by=Actor.system("test", ""), person_id=person.id, place_code=places.outside_unit,
        kind="member", source_id=uuid4(),
    )  # fmt: skip
    actions.change_person(by=alice, person_id=person.id, name="王大力")
    for who in (alice, charlie):
        assert seen(lambda: queries.search_names("大力"), by=who) == [person]
        assert seen(lambda: NameToken.objects.filter(token="小明").count(), by=who) == 0


def test_nobody_erases_the_names_of_people_out_of_sight(make, charlie, seen):
    person = make("王小明")
    with acting(charlie):
        tokens.erase_everywhere([person.id])
    assert seen(lambda: queries.search_names("小明")) == [person]


def test_a_merged_record_is_not_merged_again(make, alice):
    first, second, third = make(), make(), make()
    pairs = [
        actions.propose_merge(by=alice, first_id=first.id, second_id=other.id)
        for other in (second, third)
    ]
    actions.merge(by=alice, candidate_id=pairs[0], keep_id=second.id)
    with pytest.raises(Conflict):
        actions.merge(by=alice, candidate_id=pairs[1], keep_id=third.id)


def test_a_search_shows_nobody_of_another_place(make, charlie, seen):
    make("王小明", phones=["13800001234"], documents=[("identity", NUMBER)])
    for text in ("王小明", "wxm", NUMBER, "13800001234"):
        assert seen(lambda t=text: len(queries.search(t))) == 1
        assert seen(lambda t=text: queries.search(t), by=charlie) == []


def test_links_say_who_sees_a_person(make, alice, places, seen):
    person = make()
    source = uuid4()
    link = {"person_id": person.id, "kind": "member", "source_id": source}
    second = places.unit[:-1] + "2"
    actions.link_person(by=alice, place_code=second, **link)
    actions.link_person(by=alice, place_code=second, **link)
    assert seen(lambda: person.links.count()) == 2
    assert seen(lambda: NameToken.objects.filter(place_code=second).count()) > 0
    actions.unlink_person(by=alice, **link)
    assert seen(lambda: NameToken.objects.filter(place_code=second).count()) == 0
    assert seen(lambda: queries.search_names("张伟")) == [person]


def test_a_second_record_with_the_same_document_is_refused_here(make):
    make(documents=[("identity", NUMBER)])
    with pytest.raises(Conflict):
        make(documents=[("identity", NUMBER)])


def test_the_same_document_elsewhere_opens_an_entry_that_only_the_level_above_sees(
    make, alice, charlie, cast, places
):
    make(documents=[("identity", NUMBER)])
    make(by=charlie, place=places.outside_unit, documents=[("identity", NUMBER)])
    for who in (alice, charlie):
        with acting(who):
            assert not MergeCandidate.objects.exists()
            assert queries.find_by_document("", NUMBER).count() == 1
    from fangxian.common.actor import Actor

    with acting(Actor.system("test", "1309")):
        (pair,) = MergeCandidate.objects.all()
    assert pair.place_code == "1309"


def test_the_same_document_in_two_provinces_is_no_pair_and_no_failure(make, alice, seen):
    from fangxian.common.actor import Actor

    country = Actor.system("test", "")
    first = make(documents=[("identity", NUMBER)])
    second = make()
    actions.link_person(
        by=country, person_id=second.id, place_code="11", kind="member", source_id=uuid4()
    )
    with acting(country):
        actions.add_document(by=country, person_id=second.id, kind="identity", number=NUMBER)
        assert not MergeCandidate.objects.exists()
        with pytest.raises(Conflict):
            actions.propose_merge(by=country, first_id=first.id, second_id=second.id)


def test_the_match_takes_its_wide_range_back(make, alice, charlie, places):
    make(documents=[("identity", NUMBER)])
    with acting(charlie):
        make(by=charlie, place=places.outside_unit, documents=[("identity", NUMBER)])
        assert Person.objects.count() == 1
        assert PersonLink.objects.count() == 1


def snapshot(person_id: Any) -> Any:
    """Everything of a person except times."""
    person = Person.objects.get(pk=person_id)
    fields = {f.attname: getattr(person, f.attname) for f in Person._meta.concrete_fields}
    return (
        fields,
        sorted(person.documents.values_list("id", "kind")),
        sorted(person.phones.values_list("id", "label")),
        sorted(person.links.values_list("place_code", "kind", "source_id")),
        sorted(NameToken.objects.filter(person_id=person_id).values_list("token", "place_code")),
    )


def test_a_merge_moves_everything_and_its_undo_restores_both_exactly(make, alice, places, seen):
    first = make("张伟", phones=["13800001234"], documents=[("identity", NUMBER)])
    second = make(
        "张炜", phones=["13800001234", "13900001234"], documents=[("passport", "E12345678")],
        place=places.unit[:-1] + "2", employer="示例单位",
    )  # fmt: skip
    before = seen(lambda: (snapshot(first.id), snapshot(second.id)))
    entry = actions.propose_merge(by=alice, first_id=first.id, second_id=second.id)
    done = actions.merge(by=alice, candidate_id=entry, keep_id=first.id, take={"employer", "name"})

    def merged() -> None:
        kept = queries.by_id(first.id)
        assert (kept.name, kept.employer) == ("张炜", "示例单位")
        assert kept.documents.count() == 2
        assert kept.phones.count() == 2
        assert kept.links.count() == 2
        assert queries.search_names("张炜") == [kept]
        assert queries.find_by_document("passport", "E12345678").get() == kept

    seen(merged)
    actions.undo_merge(by=alice, merge_id=done.id)
    assert seen(lambda: (snapshot(first.id), snapshot(second.id))) == before
    assert seen(lambda: MergeCandidate.objects.get().state) == "open"


def test_an_undo_does_not_lose_later_work(make, alice):
    first, second = make("张伟", employer="甲"), make("张伟", employer="乙")
    entry = actions.propose_merge(by=alice, first_id=first.id, second_id=second.id)
    done = actions.merge(by=alice, candidate_id=entry, keep_id=first.id, take={"employer"})
    actions.change_person(by=alice, person_id=first.id, employer="丙")
    with pytest.raises(Conflict):
        actions.undo_merge(by=alice, merge_id=done.id)


def test_an_account_follows_the_record_that_stays(make, alice, cast):
    first, second = make(), make()
    bob = cast.user("bob")
    User.objects.filter(pk=bob.pk).update(person_id=second.id)
    entry = actions.propose_merge(by=alice, first_id=first.id, second_id=second.id)
    done = actions.merge(by=alice, candidate_id=entry, keep_id=first.id)
    assert User.objects.get(username="bob").person_id == first.id
    actions.undo_merge(by=alice, merge_id=done.id)
    assert User.objects.get(username="bob").person_id == second.id


def test_who_looked_at_a_record_looked_at_the_one_it_was_merged_into(
    make, alice, bob, places, cast
):
    """Also for who sees only one of the places: the merge was decided above him."""
    first, third = make(), make()
    second = make(by=cast.actor("headquarters"), place=places.county + "00100200100101")
    bob_alone = access_log("", username="bob")
    assert not bob_alone.exists()
    with acting(bob):
        queries.by_id(third.id)
    look = bob_alone.get()
    for lost, kept in ((third, second), (second, first)):
        by = cast.actor("headquarters")
        entry = actions.propose_merge(by=by, first_id=lost.id, second_id=kept.id)
        done = actions.merge(by=by, candidate_id=entry, keep_id=kept.id)
    with acting(bob):
        assert look in who_looked(first.id)
        assert look in access_log("", person_id=first.id)
        # The range of the function was taken back.
        assert not Person.objects.filter(pk=second.id).exists()
    actions.undo_merge(by=by, merge_id=done.id)
    with acting(bob):
        assert look not in who_looked(first.id)


def test_a_merge_gives_nobody_two_accounts(make, alice, cast):
    first, second = make(), make()
    User.objects.filter(pk=cast.user("bob").pk).update(person_id=first.id)
    User.objects.filter(pk=cast.user("charlie").pk).update(person_id=second.id)
    entry = actions.propose_merge(by=alice, first_id=first.id, second_id=second.id)
    with pytest.raises(Conflict, match="账号"):
        actions.merge(by=alice, candidate_id=entry, keep_id=first.id)
    assert User.objects.get(username="charlie").person_id == second.id
    User.objects.filter(pk=cast.user("charlie").pk).update(person_id=None)
    actions.merge(by=alice, candidate_id=entry, keep_id=first.id)
    assert User.objects.get(username="bob").person_id == first.id


def test_an_account_of_a_merged_record_is_told(make, alice, cast, monkeypatch):
    first, second = make(), make()
    entry = actions.propose_merge(by=alice, first_id=first.id, second_id=second.id)
    actions.merge(by=alice, candidate_id=entry, keep_id=first.id)
    # The check reads what this test has not committed.
    monkeypatch.setattr(registered, "connections", {"maintenance": connection})
    with acting(alice):
        assert list(registered._astray()) == []
        User.objects.filter(pk=cast.user("bob").pk).update(person_id=second.id)
        assert len(list(registered._astray())) == 1


def test_a_decided_pair_is_not_decided_again(make, alice):
    first, second = make(), make()
    entry = actions.propose_merge(by=alice, first_id=first.id, second_id=second.id)
    actions.dismiss(by=alice, candidate_id=entry)
    with pytest.raises(Conflict):
        actions.merge(by=alice, candidate_id=entry, keep_id=first.id)


def test_a_pair_is_a_task_until_it_is_decided(make, alice, seen):
    from fangxian.core.models import Task

    first, second = make(), make()
    entry = actions.propose_merge(by=alice, first_id=first.id, second_id=second.id)
    assert seen(lambda: Task.objects.get(object_id=entry).state) == "open"
    actions.dismiss(by=alice, candidate_id=entry)
    assert seen(lambda: Task.objects.get(object_id=entry).state) == "done"


def test_tasks_are_opened_for_the_pairs_that_have_none(make, alice, seen):
    from fangxian.core.models import Task

    first, *others = make(), make(), make()
    pairs = [
        actions.propose_merge(by=alice, first_id=first.id, second_id=other.id) for other in others
    ]
    with acting(alice):
        Task.objects.filter(object_id=pairs[0]).delete()
    assert queue.open_everywhere(alice) == 1
    assert queue.open_everywhere(alice) == 0
    assert seen(lambda: Task.objects.filter(state="open").count()) == 2


def test_the_queue_is_read_page_by_page_in_the_order_of_its_making(
    make, alice, client_of, monkeypatch
):
    monkeypatch.setattr("fangxian.people.views.merges.PAGE", 2)
    first = make()
    pairs = [
        actions.propose_merge(by=alice, first_id=first.id, second_id=make().id) for _n in range(5)
    ]
    client, after, seen_pairs = client_of("alice"), "", []
    for _page in range(3):
        page = client.get(reverse("people:merges"), {"after": after})
        seen_pairs += [row["pair"].pk for row in page.context["rows"]]
        after = page.context["next_after"]
    assert seen_pairs == pairs
    assert after == ""


def test_days_of_a_pair_and_of_hits_are_written_as_people_write_them(make, alice, client_of):
    first = make(birth_date=dt.date(1987, 4, 19))
    second = make(birth_date=dt.date(1988, 4, 1))
    entry = actions.propose_merge(by=alice, first_id=first.id, second_id=second.id)
    client = client_of("alice")
    pair = client.get(reverse("people:merge", args=[entry])).content.decode()
    hits = client.get("/search/", {"q": first.name}).content.decode()
    # As a value: a token may hold these letters.
    assert ">CHN<" not in pair
    for page in (pair, hits):
        assert "1987年4月19日" in page
        assert "1987-04-19" not in page


def test_bob_may_not_merge_and_charlie_finds_nothing(make, alice, bob, charlie):
    first, second = make(), make()
    entry = actions.propose_merge(by=alice, first_id=first.id, second_id=second.id)
    with pytest.raises((Forbidden, OutOfScope)):
        actions.merge(by=bob, candidate_id=entry, keep_id=first.id)
    with pytest.raises(OutOfScope):
        actions.merge(by=charlie, candidate_id=entry, keep_id=first.id)


def test_a_reveal_needs_a_reason_and_is_logged(make, alice, seen):
    person = make(documents=[("identity", NUMBER)])
    row = seen(lambda: person.documents.get())
    ask = {"person_id": person.id, "what": "document", "row_id": row.id}
    with pytest.raises(Invalid):
        actions.reveal(by=alice, reason="", **ask)
    assert actions.reveal(by=alice, reason="核对证件信息", **ask) == NUMBER
    log = AccessLog.objects.get(revealed="document")
    assert log.persons == [person.id]
    assert log.purpose == "核对证件信息"


def test_the_reveal_quota_ends_in_too_many(make, alice, seen, settings):
    settings.FANGXIAN_REVEALS_PER_HOUR = 2
    person = make(phones=["13800001234"])
    row = seen(lambda: person.phones.get())
    ask = {"person_id": person.id, "what": "phone", "row_id": row.id, "reason": "电话核实情况"}
    for _time in range(2):
        actions.reveal(by=alice, **ask)
    with pytest.raises(TooMany):
        actions.reveal(by=alice, **ask)


def test_no_number_is_kept_in_the_open(make, seen):
    make(documents=[("identity", NUMBER)], phones=["13800001234"])

    def look() -> str:
        with connection.cursor() as cursor:
            found = []
            for table in ("people_persondocument", "people_personphone"):
                for name in (table, f"{table}history"):
                    cursor.execute(f'SELECT t::text FROM "{name}" t')
                    found += [row[0] for row in cursor.fetchall()]
        return "\n".join(found)

    text = seen(look)
    assert text
    for number in (NUMBER, "13800001234"):
        assert number not in text
        assert number.encode().hex() not in text


def test_reads_are_logged_with_their_purpose(make, alice):
    person = make()
    with acting(alice.for_purpose("task 7")):
        queries.by_id(person.id)
    assert AccessLog.objects.get(purpose="task 7").persons == [person.id]


def test_pages(client_of, make, alice):
    person = make(documents=[("identity", NUMBER)], phones=["13800001234"])
    twin = make("张伟")
    entry = actions.propose_merge(by=alice, first_id=person.id, second_id=twin.id)
    client = client_of("alice")
    page = client.get(reverse("people:person", args=[person.id]))
    assert NUMBER not in page.content.decode()
    assert "002X" in page.content.decode()
    for name, args in (
        ("merges", []), ("merge", [entry]), ("change", [person.id]), ("propose", [person.id]),
        ("add_document", [person.id]), ("add_phone", [person.id]),
    ):  # fmt: skip
        assert client.get(reverse(f"people:{name}", args=args)).status_code == 200, name
    with acting(alice):
        row = PersonDocument.objects.get()
    reveal = reverse("people:reveal", args=[person.id, "document", row.id])
    assert '<option value="visit">' in page.content.decode()
    for wrong in ({"reason": ""}, {"reason": "核对证件信息"}, {"reason": "", "purpose": "visit"}):
        assert client.post(reveal, wrong).status_code == 422
    why = {"reason": "核对证件信息", "purpose": "correction"}
    # Without scripts: a page that asks, says what is missing, and shows.
    asked = client.get(reveal).content.decode()
    assert NUMBER not in asked
    assert '<option value="visit">' in asked
    assert "系统会记录查看人、时间和理由" in asked
    refused = client.post(reveal, {"reason": "核对证件信息"})
    assert refused.status_code == 422
    assert "purpose" in refused.context["form"].errors
    assert not AccessLog.objects.filter(revealed="document").exists()
    shown = client.post(reveal, why).content.decode()
    assert "<html" in shown
    assert NUMBER in shown
    piece = client.post(reveal, why, headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in piece
    assert NUMBER in piece
    codes = AccessLog.objects.filter(revealed="document").values_list("purpose_code", flat=True)
    assert list(codes) == ["correction", "correction"]
    change = {"name": "张炜", "sex": "2"}
    assert client.post(reverse("people:change", args=[person.id]), change).status_code == 302
    answer = client.post(reverse("people:merge", args=[entry]), {"keep": "0", "name": "1"})
    assert answer.status_code == 302
    merged = client.get(reverse("people:merges"), {"state": "merged"})
    undo = merged.context["rows"][0]["merge"]
    assert client.post(reverse("people:merge_undo", args=[undo])).status_code == 302
    assert client_of("charlie").get(reverse("people:merge", args=[entry])).status_code == 404
    assert client_of("bob").get(reverse("people:merges")).status_code == 403


def test_what_is_removed_is_of_the_person_named_and_of_no_merged_record(
    make, client_of, alice, seen
):
    kept, lost = make("张伟"), make("张炜", phones=["13900000000"])
    row = seen(lambda: PersonPhone.objects.get(person=lost))
    client = client_of("alice")

    def removed(person) -> int:
        url = reverse("people:remove", args=[person.id, "phone", row.id])
        return client.post(url).status_code

    assert removed(kept) == 404
    entry = actions.propose_merge(by=alice, first_id=kept.id, second_id=lost.id)
    actions.merge(by=alice, candidate_id=entry, keep_id=kept.id)
    assert removed(lost) == 409
    assert seen(lambda: PersonPhone.objects.filter(pk=row.id).exists())
    assert removed(kept) == 302
