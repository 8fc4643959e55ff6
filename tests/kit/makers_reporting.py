"""The makers of ledgers, files taken and figures."""

from __future__ import annotations

from typing import Any

from fangxian.common.facts import View
from tests.kit.objects import ANYWHERE, Side, maker

VIEW = View("regions.places", columns=("name", "level"))


@maker("reporting:table")
def _table(side: Side) -> Any:
    return ANYWHERE if side.name == "foreign" else "regions.places"


@maker("reporting:name")
def _name(side: Side) -> Any:
    return ANYWHERE if side.name == "foreign" else "regions.grids"


def _kept(side: Side) -> Any:
    """A ledger of whoever looks; in the other county, somebody's own."""
    from fangxian.reporting.models import Ledger

    user = side.viewer.pk if side.viewer is not None else side.get("accounts:user_id")
    return Ledger(
        name=f"Kit {side.name}", table=VIEW.table, place_code=side.codes.community, user_id=user,
        made_by="kit", view='{"table": "regions.places", "columns": ["name", "level"]}',
    )  # fmt: skip


@maker("reporting:ledger_id", personal=True)
def _ledger(side: Side) -> Any:
    def made(_by: Any) -> Any:
        row = _kept(side)
        row.save()
        return row.pk

    return side.act(made)


@maker("reporting:taking_id", personal=True)
def _taking(side: Side) -> Any:
    """What somebody else wants to take away, so that it can be decided."""
    from fangxian.common.ids import uuid7
    from fangxian.reporting.models import Taking

    def made(_by: Any) -> Any:
        row = Taking(
            number=f"Kit-{str(uuid7())[-8:]}", title="Kit", table=VIEW.table, form="xlsx", rows=3,
            personal=False, place_code=side.codes.community, made_by="kit",
            user_id=side.viewer.pk if side.viewer is not None else uuid7(),
            view='{"table": "regions.places"}',
        )  # fmt: skip
        row.save()
        return row.pk

    return side.act(made)


@maker("reporting:code")
def _code(side: Side) -> Any:
    return ANYWHERE if side.name == "foreign" else "zero"


@maker("reporting:bulletin_id")
def _bulletin(side: Side) -> Any:
    """A draft of somebody's at the community."""
    import datetime as dt

    from django.utils import timezone

    from fangxian.common.ids import uuid7
    from fangxian.common.papers.documents import Document, Paragraph
    from fangxian.reporting.models import Bulletin

    def made(_by: Any) -> Any:
        import orjson

        paper = Document(f"Kit {side.name}", (Paragraph(("Kit",)),)).to_json()
        row = Bulletin(
            kind="zero", title=paper["title"], template="zero", day=dt.date(2020, 2, 1),
            as_of=timezone.now(), digest="0" * 64, user_id=uuid7(), made_by="kit",
            place_code=side.codes.community,
            content=orjson.dumps({"document": paper, "figures": {}, "answers": {}}).decode(),
        )  # fmt: skip
        row.save()
        return row.pk

    return side.act(made)


def _workbook() -> bytes:
    import io

    from openpyxl import Workbook

    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["序号", "网格", "住户数"])
    for _row in range(3):
        sheet.append(["", "", ""])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


@maker("reporting:template_id")
def _template(side: Side) -> Any:
    from fangxian.common.ids import uuid7
    from fangxian.core.actions import store_file
    from fangxian.reporting.models import OfficeTemplate

    def made(by: Any) -> Any:
        file = store_file(
            by=by, data=_workbook(), name="kit.xlsx", media_type="application/octet-stream",
            place_code=side.codes.community, right="reporting.export",
        )  # fmt: skip
        row = OfficeTemplate(
            name=f"Kit {side.name}", file=file, sha256="0" * 64, user_id=uuid7(), made_by="kit",
            choices={"tables": {}, "blanks": {}}, place_code=side.codes.community,
        )  # fmt: skip
        row.save()
        return row.pk

    return side.act(made)


@maker("reporting:filling_id", personal=True)
def _filling(side: Side) -> Any:
    from fangxian.common.ids import uuid7
    from fangxian.reporting.models import Filling

    template = side.get("reporting:template_id")

    def made(_by: Any) -> Any:
        row = Filling(
            template_id=template, place_code=side.codes.community, made_by="kit",
            user_id=side.viewer.pk if side.viewer is not None else uuid7(),
        )  # fmt: skip
        row.save()
        return row.pk

    return side.act(made)
