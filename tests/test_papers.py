"""Papers as they are made: two people, numbers, frozen data, the day of their figures."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.urls import reverse
from django.utils import timezone

from fangxian.accounts.models import AccessLog
from fangxian.common.errors import Conflict, Forbidden, Invalid
from fangxian.common.facts import Filter, View, plans, tables
from fangxian.common.papers.documents import Document, Note, Paragraph, Table
from fangxian.common.scoping import acting
from fangxian.people.models import Person
from fangxian.register import actions as register
from fangxian.register.models import Residency
from fangxian.reporting import actions
from fangxian.reporting.actions.bulletins import content_of, document_of, open_paper
from fangxian.reporting.bulletins import subjects, words
from fangxian.reporting.bulletins.parsing import read
from fangxian.reporting.models import Bulletin, Issuer

TODAY = timezone.localdate()
YESTERDAY = TODAY - dt.timedelta(days=1)


@pytest.fixture
def homes(places: Any, alice: Any) -> list[Any]:
    """Three residents of two homes; the third left today, a fourth came today."""
    with acting(alice):
        rooms = [
            register.create_household(by=alice, place_code=places.unit, room=room)
            for room in ("101", "102")
        ]
        moved = [
            register.move_in(
                by=alice, household_id=rooms[at % 2].pk, on=YESTERDAY - dt.timedelta(days=3),
                name=f"住户{at}", relation="head" if at < 2 else "child", kind="registered",
            )
            for at in range(3)
        ]  # fmt: skip
        register.move_out(by=alice, residency_id=moved[2].pk, on=TODAY)
        for at in (4, 5):
            register.move_in(
                by=alice, household_id=rooms[0].pk, on=TODAY, name=f"住户{at}", relation="child",
                kind="registered",
            )  # fmt: skip
    return rooms


@pytest.fixture
def drafted(homes: Any, alice: Any) -> Callable[..., Bulletin]:
    """``drafted(source, day)``: a paper of the community from a template of this text."""

    def make(text: str, day: dt.date = TODAY, head: str = "") -> Bulletin:
        with acting(alice):
            actions.write_template(
                by=alice, place_code=alice.area, code="own", kind="brief", name="自拟",
                source=f"标题：情况\n文号：第{{{{ 期数 }}}}期\n{head}\n{text}",
            )  # fmt: skip
            return actions.draft_paper(by=alice, place_code=alice.area, template="own", day=day)

    return make


def said(row: Bulletin, by: Any) -> list[str]:
    """The paragraphs and notes of a paper, as text."""
    with acting(by):
        paper = document_of(row)
    return [
        one.text
        if isinstance(one, Note)
        else "".join(run if isinstance(run, str) else run.text for run in one.runs)
        for one in paper.blocks
        if isinstance(one, Paragraph | Note)
    ]


def test_two_people_issue_a_paper_and_then_it_is_frozen(
    drafted: Callable[..., Bulletin], alice: Any, cast: Any, homes: Any
) -> None:
    chief = cast.actor("headquarters")
    row = drafted("居民{{ register.residents }}人。")
    assert said(row, alice)[0] == "居民4人。"
    with acting(alice):
        actions.submit_paper(by=alice, bulletin_id=row.pk)
        with pytest.raises(Conflict):
            actions.renew_paper(by=alice, bulletin_id=row.pk)
        with pytest.raises(Forbidden):
            actions.issue_paper(by=alice, bulletin_id=row.pk)
    with acting(chief):
        issued = actions.issue_paper(by=chief, bulletin_id=row.pk)
        assert issued.serial == 1
        assert issued.number == "第1期"
        with pytest.raises(Conflict):
            actions.issue_paper(by=chief, bulletin_id=row.pk)
    with acting(alice):
        register.move_in(
            by=alice, household_id=homes[0].pk, on=TODAY, name="后来", relation="child",
            kind="registered",
        )  # fmt: skip
    fresh = one(row.pk, alice)
    assert said(fresh, alice)[0] == "居民4人。", "what was issued stays as it was"
    with acting(alice), pytest.raises(DatabaseError), transaction.atomic():
        Bulletin.objects.filter(pk=row.pk).update(title="另一个")
    with acting(chief):
        actions.withdraw_paper(by=chief, bulletin_id=row.pk, reason="数字有误")
    assert said(one(row.pk, alice), alice)[0] == "居民4人。"


def test_numbers_run_on_without_a_gap(
    drafted: Callable[..., Bulletin], alice: Any, cast: Any
) -> None:
    chief = cast.actor("headquarters")
    serials = []
    for _paper in range(3):
        row = drafted("好。")
        with acting(alice):
            actions.submit_paper(by=alice, bulletin_id=row.pk)
        with acting(chief):
            serials.append(actions.issue_paper(by=chief, bulletin_id=row.pk).serial)
    assert serials == [1, 2, 3]


def one(key: Any, by: Any) -> Bulletin:
    """The paper as it stands."""
    with acting(by):
        return Bulletin.objects.get(pk=key)


def test_a_paper_of_yesterday_tells_of_yesterday(
    drafted: Callable[..., Bulletin], alice: Any
) -> None:
    text = (
        "居民{{ register.residents }}人。\n"
        "{{ 表格 指标=register.residents 按=楼栋 }}\n"
        "{{ 清单 台账=register.residents 列=name }}"
    )
    today, yesterday = drafted(text), drafted(text, YESTERDAY)
    assert said(today, alice)[0] == "居民4人。"
    assert said(yesterday, alice)[0] == "居民3人。"
    with acting(alice):
        counted, listed = (one for one in document_of(yesterday).blocks if isinstance(one, Table))
    assert sum(int(row[1].text) for row in counted.rows) == 3  # type: ignore[union-attr]
    assert {row[0] for row in listed.rows} == {"住户0", "住户1", "住户2"}
    assert f"{YESTERDAY.day}日 23:59" in said(yesterday, alice)[-1]
    assert yesterday.as_of.date() <= YESTERDAY


def test_what_is_known_as_it_is_now_only_is_refused_of_yesterday(
    drafted: Callable[..., Bulletin], alice: Any
) -> None:
    for text, name in (
        ("住户{{ register.households }}户，居民{{ register.residents }}人。", "户数"),
        ("{{ 如果 register.away > 0 }}\n有。\n{{ 完 }}", "外出"),
        ("{{ 表格 指标=register.empty 按=楼栋 }}", "空"),
        ("{{ 清单 台账=register.households }}", "住户"),
    ):
        assert drafted(text).state == "draft"
        with pytest.raises(Invalid) as caught:
            drafted(text, YESTERDAY)
        assert len(caught.value.problems) == 1
        assert name in str(caught.value.problems[0].message)
        assert "口径：现时" in str(caught.value.problems[0].mend)
    now = drafted("住户{{ register.households }}户。", YESTERDAY, head="口径：现时\n")
    assert said(now, alice)[0] == "住户2户。"
    assert f"{TODAY.day}日" in said(now, alice)[-1], "it says that it is of now"


def test_what_happened_on_a_day_is_asked_of_that_day(alice: Any, homes: Any) -> None:
    """Days are reckoned from the paper's: those who came today came to nobody yesterday."""
    facts = tables.get("register.residents")
    with acting(alice):
        came = View(facts.name, filters=(Filter("from_date", "is", "today"),))
        assert plans.count(came, alice, alice.area) == 2
        for days, many in ((0, 2), (1, 0), (4, 3)):
            day = TODAY - dt.timedelta(days=days)
            view = View(facts.name, filters=(Filter("from_date", "is", "today"),), today=day)
            whole = Residency.objects.filter(from_date=day, to_date=None).count()
            assert plans.count(view, alice, alice.area) == whole
            assert whole == (many if days != 4 else 2)
        since = View(facts.name, filters=(Filter("from_date", "since", "2"),), today=YESTERDAY)
        assert plans.count(since, alice, alice.area) == 0


def test_all_that_is_told_has_its_source(drafted: Callable[..., Bulletin], alice: Any) -> None:
    for text in (
        "{{ 清单 台账=register.residents 列=name }}",
        "{{ 表格 指标=register.residents 按=楼栋 }}",
        "{{ 图 指标=register.residents 按=楼栋 }}",
        "{{ 图 台账=register.residents 日期列=from_date 天数=3 }}",
        "{{ 数据说明 }}\n{{ 表格 指标=register.residents 按=楼栋 }}",
        "居民{{ register.residents }}人。",
    ):
        notes = [
            line for line in said(drafted(text), alice) if "数据来源" in line or "来源" in line
        ]
        assert len(notes) == 1, text
        assert "登记" in notes[0] or "户籍" in notes[0] or "台账" in notes[0], notes
    assert not [line for line in said(drafted("没有数字。"), alice) if "来源" in line]


def test_a_figure_of_a_paper_opens_to_what_the_paper_gives(
    drafted: Callable[..., Bulletin], alice: Any, client_of: Callable[[str], Any], homes: Any
) -> None:
    row = drafted("居民{{ register.residents }}人。", YESTERDAY)
    client = client_of("alice")
    page = client.get(reverse("reporting:bulletin", args=[row.pk])).content.decode()
    link = page.split('class="fx-paper__text">')[1].split('href="')[1].split('"')[0]
    opened = client.get(link.replace("&amp;", "&")).content.decode()
    assert f"paper={row.pk}" in link
    assert "为 3。" in opened
    rows = opened.split("day=")[0].rsplit('href="', 1)[1] + f"day={YESTERDAY.isoformat()}"
    behind = client.get(rows.replace("&amp;", "&")).content.decode()
    assert "住户2" in behind, "who left today lived here yesterday"
    assert "住户5" not in behind
    with acting(alice):
        assert content_of(row)["told"]["register.residents"] == {alice.area: 3}
        assert isinstance(document_of(row), Document)


ABOUT = (
    "标题：证明\n版式：证明\n文号：证{{ 期数 }}号\n主送：{{ person.name }}\n\n"
    "兹证明{{ 人员.姓名 }}，{{ person.identity }}，住{{ 人员.room }}室，户主{{ household.head }}。"
)


def reads_of(person: Any) -> int:
    """How often a person was read, by the log."""
    return AccessLog.objects.filter(persons__contains=[person]).count()


@pytest.fixture
def certificate(homes: Any, alice: Any) -> None:
    """A template of the community that is about a person and a household."""
    with acting(alice):
        actions.write_template(
            by=alice, place_code=alice.area, code="lives", kind="certificate", name="居住证明",
            source=ABOUT,
        )  # fmt: skip


@pytest.mark.usefixtures("certificate")
def test_a_certificate_is_about_a_person_who_is_chosen(
    alice: Any, cast: Any, client_of: Callable[[str], Any], homes: Any
) -> None:
    client = client_of("alice")
    address = reverse("reporting:bulletin_draft", args=["lives"])
    lacking = client.post(address, {"day": TODAY.isoformat()})
    assert lacking.status_code == 422
    sought = {"day": TODAY.isoformat(), "find_person": "住户0", "find_household": "101"}
    found = client.post(address, {**sought, "find": "1"})
    assert found.status_code == 200
    page = found.content.decode()
    assert "住户0" in page.split('name="about_person"')[1][:300]
    assert "住户1" not in page
    with acting(alice):
        row = Residency.objects.get(person__name="住户0")
        person = row.person_id
    sent = {**sought, "about_person": str(row.pk), "about_household": str(homes[0].pk)}
    before = reads_of(person)
    made = client.post(address, sent)
    assert made.status_code == 302
    assert reads_of(person) > before, "making it is reading"
    paper = Bulletin.objects.none()
    with acting(alice):
        paper = Bulletin.objects.get(template="lives")
    assert said(paper, alice) == ["兹证明住户0，–，住101室，户主住户0。"]
    with acting(alice):
        assert document_of(paper).recipients == "住户0"
        assert "住户0" not in paper.title
        before = reads_of(person)
    assert "住户0" in client.get(made["Location"]).content.decode()
    assert reads_of(person) > before, "so is opening it"
    with acting(alice):
        actions.submit_paper(by=alice, bulletin_id=paper.pk)
    chief = cast.actor("headquarters")
    with acting(chief):
        actions.issue_paper(by=chief, bulletin_id=paper.pk)
    with acting(alice):
        Person.objects.filter(pk=person).update(name="改名")
    assert said(one(paper.pk, alice), alice) == ["兹证明住户0，–，住101室，户主住户0。"]
    unseeing = replace(alice, rights=alice.rights - {"people.view"})
    with acting(unseeing), pytest.raises(Forbidden):
        open_paper(paper, unseeing)


@pytest.mark.usefixtures("certificate")
def test_who_is_not_here_is_not_chosen_and_who_may_not_see_reads_masks(
    alice: Any, homes: Any
) -> None:
    with acting(alice):
        row = Residency.objects.get(person__name="住户0")
        gone = Residency.objects.get(person__name="住户2")
        new = Residency.objects.get(person__name="住户4")
        assert [one.key for one in subjects.found("person", "住户0", alice, alice.area)] == [
            str(row.pk)
        ]

        def draft(by: Any, who: Any, day: dt.date = TODAY) -> Bulletin:
            return actions.draft_paper(
                by=by, place_code=alice.area, template="lives", day=day,
                about={"person": str(who), "household": str(homes[0].pk)},
            )  # fmt: skip

        for key in ("", "x", homes[0].pk, gone.pk):
            with pytest.raises(Invalid):
                draft(alice, key)
        actions.write_template(
            by=alice, place_code=alice.area, code="lives", kind="certificate", name="居住证明",
            source="标题：证明\n\n{{ person.name }}，{{ person.birth_date }}",
        )  # fmt: skip
        assert "住户2" in said(draft(alice, gone.pk, YESTERDAY), alice)[0]
        with pytest.raises(Invalid):
            draft(alice, new.pk, YESTERDAY)
    unseeing = replace(alice, rights=alice.rights - {"people.view"})
    with acting(unseeing):
        assert "住户0" not in said(draft(unseeing, row.pk), unseeing)[0]
        with pytest.raises(Forbidden):
            subjects.found("person", "住户0", unseeing, alice.area)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("标题：给{{ person.name }}\n\n好。", 1),
        ("标题：证明\n\n{{ person.favourite }}", 3),
        ("标题：证明\n\n{{ person.name + 3 }}", 3),
        ("标题：证明\n\n{{ person.age | 占 register.residents }}", 3),
        ("标题：证明\n\n{{ register.residents | 占 person.age }}", 3),
    ],
)
def test_terms_of_a_subject_are_checked_when_saved(text: str, line: int) -> None:
    with pytest.raises(Invalid) as caught:
        read(text)
    assert {one.row for one in caught.value.problems} == {line}


def test_a_paper_tells_every_column_of_a_person_and_a_household() -> None:
    for name, table in words.subjects().items():
        for column in table.columns:
            made = read(f"标题：证明\n\n{{{{ {name}.{column.name} }}}}")
            assert made.subjects == {name: (column.name,)}


def test_a_place_issues_papers_as_itself(
    alice: Any, cast: Any, client_of: Callable[[str], Any], homes: Any
) -> None:
    address = reverse("reporting:issuer")
    assert client_of("bob").get(address).status_code == 403
    chief = cast.actor("headquarters")
    head, body, above = "测试社区居民委员会（红头）", "测试社区居民委员会", "测试镇人民政府"

    def daily() -> Document:
        with acting(alice):
            row = actions.draft_paper(by=alice, place_code=alice.area, template="daily", day=TODAY)
            return document_of(row)

    usual = daily()
    assert usual.head.endswith("疫情防控工作指挥部文件")
    assert usual.recipients == "上级疫情防控工作指挥部"
    client = client_of("headquarters")
    given = {"red_head": head, "body": body, "addressee": above}
    saved = client.post(f"{address}?place={alice.area}", given)
    assert saved.status_code == 302
    own = daily()
    assert (own.head, own.signed_by, own.recipients) == (head, body, above)
    assert own.printed_by == f"{body}办公室"
    with acting(alice):
        row = actions.draft_paper(
            by=alice, place_code=alice.area, template="certificate", day=TODAY
        )
        assert document_of(row).signed_by == body
    with acting(chief):
        kept = Issuer.objects.get()
        assert kept.place_code == alice.area
        upper = actions.draft_paper(by=chief, place_code=chief.area, template="daily", day=TODAY)
        assert document_of(upper).head.endswith("疫情防控工作指挥部文件"), "each place its own"
        actions.set_issuer(by=chief, place_code=alice.area, body=body)
        assert Issuer.objects.get().red_head == ""
    assert daily().head == f"{body}文件"
    with acting(chief):
        actions.set_issuer(by=chief, place_code=alice.area)
        assert not Issuer.objects.exists()
    assert daily() == usual
    unentitled = replace(alice, rights=alice.rights - {"reporting.templates"})
    with acting(unentitled), pytest.raises(Forbidden):
        actions.set_issuer(by=unentitled, place_code=alice.area, body=body)


def test_the_shipped_certificate_of_residence_tells_who_lives_where(
    alice: Any, client_of: Callable[[str], Any], homes: Any
) -> None:
    client = client_of("alice")
    opened = client.get(reverse("reporting:bulletin_draft", args=["certificate-residence"]))
    assert 'name="find_person"' in opened.content.decode()
    assert "居住证明" in client.get(reverse("reporting:bulletins")).content.decode()
    with acting(alice):
        row = Residency.objects.get(person__name="住户1")
        paper = actions.draft_paper(
            by=alice, place_code=alice.area, template="certificate-residence", day=TODAY,
            answers={"用途": "办理入学"}, about={"person": str(row.pk)},
        )  # fmt: skip
    text = said(paper, alice)
    came = YESTERDAY - dt.timedelta(days=3)
    assert text[0].startswith("兹有住户1（")
    assert f"{came.year}年{came.month}月{came.day}日起居住于" in text[0]
    assert text[0].endswith("102室。")
    assert text[1:] == ["本证明用于办理入学。", "特此证明。"]
    with acting(alice):
        again = actions.renew_paper(by=alice, bulletin_id=paper.pk, answers={"用途": "就医"})
    assert said(again, alice)[:2] == [text[0], "本证明用于就医。"]
    answer = client.get(reverse("reporting:bulletin_pdf", args=[paper.pk]))
    assert answer.content.startswith(b"%PDF")
