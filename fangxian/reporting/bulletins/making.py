"""Filling a template: the paper with its figures, as its maker may see them at one moment."""

from __future__ import annotations

import datetime as dt
import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import orjson
from django.db.models import Count, QuerySet
from django.db.models.functions import TruncDate
from django.utils import timezone
from django.utils.translation import gettext as _

from fangxian.common.actor import Actor
from fangxian.common.codes import Level
from fangxian.common.errors import Invalid, Problem
from fangxian.common.facts import Measure, View, measures, plans, tables
from fangxian.common.facts.asked import columns_for, happened_then, look_up
from fangxian.common.papers import documents
from fangxian.common.papers.documents import Document, Figure, Run
from fangxian.common.ui.formats import date, date_time
from fangxian.regions import geo
from fangxian.regions.queries import at, below, full_name
from fangxian.reporting.bulletins import subjects, words
from fangxian.reporting.bulletins.parsing import Hole, Node, Piece, Template, Term, view_of
from fangxian.reporting.words import cell_words

MOST_PLACES: Final = 600
LIST_ROWS: Final = 50
CLASSES: Final = 5
NAMED: Final = 20
# Where moment and sources stand, which are known when all else is made.
_SOURCES: Final = documents.Note("")
_COMPARED: Final[dict[str, Callable[[float, float], bool]]] = {
    ">": operator.gt,
    "<": operator.lt,
    ">=": operator.ge,
    "<=": operator.le,
    "=": operator.eq,
    "!=": operator.ne,
}


@dataclass
class Making:
    """What a paper is made of: who makes it, of which place and day, with what was asked.

    ``before``: the figures of the last issued paper of the same template and place. ``values``:
    words of the paper itself (number, serial …). The figures of a past day are those of its end;
    a template may take those of now, but what happened on a day stays that of the day. ``told``:
    each figure that the paper gives, by place. ``about``: the key of the row that the paper is
    about, by what it is (``person``).
    """

    by: Actor
    place: str
    day: dt.date
    template: Template
    answers: Mapping[str, str] = field(default_factory=dict)
    before: Mapping[str, float] = field(default_factory=dict)
    values: Mapping[str, str] = field(default_factory=dict)
    moment: dt.datetime = field(default_factory=timezone.now)
    used: dict[str, float] = field(default_factory=dict)
    told: dict[str, dict[str, float]] = field(default_factory=dict)
    about: Mapping[str, str] = field(default_factory=dict)
    _sources: dict[str, None] = field(default_factory=dict, init=False)
    subject: subjects.Told = field(default_factory=subjects.Told, init=False)

    def __post_init__(self) -> None:
        self.past = self.day < timezone.localdate(self.moment)
        if self.past and not self.template.as_now:
            self.moment = timezone.make_aware(dt.datetime.combine(self.day, dt.time(23, 59)))

    def document(self) -> Document:
        """The paper. Raises Forbidden (facts above the reader's right), Invalid."""
        for name in sorted(self.template.tables):
            self.by.require(tables.get(name).right, self.place or None)
        if self.past and not self.template.as_now:
            self._require_past()
        self.subject = subjects.told(
            self.template.subjects, self.about, self.by, self.place,
            self.day if self.past and not self.template.as_now else None,
        )  # fmt: skip
        heads = self.template.heads
        form = heads.get("form", ("official",))
        blocks = self._sourced(list(self._blocks(self.template.nodes)))
        text = {name: self._plain(pieces) for name, pieces in heads.items()}
        return Document(
            title=text.get("title", ""),
            blocks=blocks,
            form=str(form[0]),  # type: ignore[arg-type]  # checked when it was read
            head=text.get("head", ""),
            number=text.get("number", ""),
            signer=text.get("signer", ""),
            urgency=text.get("urgency", ""),
            secrecy=text.get("secrecy", ""),
            recipients=text.get("recipients", ""),
            attachments=tuple(
                one.strip() for one in text.get("attachments", "").split("；") if one.strip()
            ),
            signed_by=text.get("signed_by", ""),
            signed_on=self.day if text.get("signed_by") else None,
            seal=bool(heads.get("seal")),
            note=text.get("note", ""),
            copies=text.get("copies", ""),
            printed_by=text.get("printed_by", ""),
            printed_on=self.day if text.get("printed_by") else None,
        )

    def _blocks(self, nodes: Sequence[Node]) -> Iterator[documents.Block]:
        for node in nodes:
            yield from _MAKERS[node.kind](self, node)

    def heading(self, node: Node) -> Iterator[documents.Block]:
        yield documents.Heading(node.level, self._plain(node.pieces))

    def text(self, node: Node) -> Iterator[documents.Block]:
        yield documents.Paragraph(tuple(self._runs(node.pieces)))

    def page(self, _node: Node) -> Iterator[documents.Block]:
        yield documents.PageBreak()

    def source(self, _node: Node) -> Iterator[documents.Block]:
        yield _SOURCES

    def _sourced(self, blocks: list[documents.Block]) -> tuple[documents.Block, ...]:
        """The parts with moment and sources of all figures; beneath, where no place is named."""
        said = _("Figures as of %(moment)s. Sources: %(sources)s.") % {
            "moment": date_time(self.moment),
            "sources": "、".join(self._sources) or "–",
        }
        if not self._sources:
            return tuple(one for one in blocks if one is not _SOURCES)
        if _SOURCES not in blocks:
            blocks.append(_SOURCES)
        return tuple(documents.Note(said) if one is _SOURCES else one for one in blocks)

    def _require_past(self) -> None:
        """Raise Invalid where the paper needs what is known as it is now only."""
        unknown = {
            str(measures.get(name).label): None
            for name in (*self.template.figures, *self.template.drawn)
            if not plans.known_of_past(name, self.by, self.place)
        }
        for name in self.template.subjects:
            facts = words.subjects()[name]
            if not facts.dated:
                unknown[str(facts.label)] = None
        for node in self.template.every:
            if node.kind == "list":
                view = view_of(node.options)
                facts = view.facts()
                if not facts.dated and not happened_then(facts, view.filters):
                    unknown[str(facts.label)] = None
        if unknown:
            raise Invalid(
                *(
                    Problem(
                        _("“%(name)s” is known as it is now only, not of %(day)s.")
                        % {"name": name, "day": date(self.day)},
                        "day",
                        mend=_(
                            "Take today, or write “%(basis)s：%(now)s” in the head of the template:"
                            " the paper then says that its figures are those of now."
                        )
                        % {
                            "basis": words.first("heads", "basis"),
                            "now": words.first("bases", "now"),
                        },
                    )
                    for name in unknown
                )
            )

    def _dated(self, view: View) -> View:
        """A view as of the paper's day."""
        facts = view.facts()
        self._sources[str(facts.source or facts.label)] = None
        if not self.past:
            return view
        dated = facts.dated and not self.template.as_now
        return replace(view, day=self.day if dated else None, today=self.day)

    def ask(self, node: Node) -> Iterator[documents.Block]:
        for line in self.answers.get(node.options["name"], "").splitlines():
            if line.strip():
                yield documents.Paragraph((line.strip(),))

    def condition(self, node: Node) -> Iterator[documents.Block]:
        name, sign, bound = node.options["condition"]
        holds = _COMPARED[sign](self._measured(name), bound)
        yield from self._blocks(node.then if holds else node.otherwise)

    def table(self, node: Node) -> Iterator[documents.Block]:
        names = node.options["figures"]
        found = self._by_place(names, node.options["by"])
        if node.options["skip_zero"]:
            found = [row for row in found if any(row[2])]
        columns = (
            documents.TableColumn(_("Place")),
            *(documents.TableColumn(_headed(measures.get(name)), "right") for name in names),
        )
        rows: tuple[tuple[Run, ...], ...] = tuple(
            (label, *(self._figure(n, value, code) for n, value in zip(names, values, strict=True)))
            for code, label, values in found
        )
        totals: tuple[tuple[Run, ...], ...] = ()
        if node.options["total"]:
            whole = [self._measured(name) for name in names]
            totals = (
                (
                    _("Together"),
                    *(self._figure(n, v, self.place) for n, v in zip(names, whole, strict=True)),
                ),
            )
        yield documents.Table(
            columns, rows, node.options.get("title", ""), node.options.get("unit", ""), totals
        )

    def listed(self, node: Node) -> Iterator[documents.Block]:
        view = self._dated(view_of(node.options)).checked(self.by, self.place)
        facts = view.facts()
        limit = node.options.get("limit", LIST_ROWS)
        lines = plans.page(view, self.by, self.place, size=limit).lines
        columns = tuple(
            documents.TableColumn(str(c.label), "right" if c.kind == "number" else "left")
            for c in columns_for(facts, view.shown())
        )
        rows = tuple(tuple(cell_words(cell) for cell in line.cells) for line in lines)
        note = ""
        if len(lines) == limit:
            whole = plans.count(view, self.by, self.place, None)
            if whole > limit:
                note = _("The first %(shown)d of %(all)d.") % {"shown": limit, "all": whole}
        yield documents.Table(columns, rows, node.options.get("title", ""), note=note)

    def chart(self, node: Node) -> Iterator[documents.Block]:
        if node.options.get("facts"):
            categories, series = self._days(node)
        else:
            names = node.options["figures"]
            found = self._by_place(names, node.options["by"])
            if node.options["skip_zero"]:
                found = [row for row in found if any(row[2])]
            found = found[: documents.MOST_POINTS // max(len(names), 1)]
            categories = tuple(label for _code, label, _values in found)
            series = tuple(
                documents.Series(
                    str(measures.get(name).label), tuple(values[at] for _c, _l, values in found)
                )
                for at, name in enumerate(names)
            )
        yield documents.Chart(
            node.options.get("kind") or "bar", categories, series,
            node.options.get("title", ""), node.options.get("unit", ""),
        )  # fmt: skip

    def mapped(self, node: Node) -> Iterator[documents.Block]:
        (name,) = node.options["figures"]
        level = Level(node.options["by"])
        found = self._by_place([name], int(level))
        values = {code: row[0] for code, _label, row in found}
        above = {code[: int(level.above or 0)] for code in values}
        areas = [
            (code, documents.Area(str(feature["properties"]["name"]), rings, values[code]))
            for parent in sorted(above)
            for feature in geo.children(parent)["features"]
            if (code := str(feature["properties"]["code"])) in values
            and (rings := _rings(feature["geometry"]))
        ]
        if not areas:
            raise Invalid(
                Problem(
                    _("No place has a boundary to draw a map from."), "source", row=node.line,
                    mend=_("Take the map out, or load the boundaries."),
                )
            )  # fmt: skip
        yield documents.Map(
            tuple(area for _code, area in areas),
            node.options.get("title", "") or str(measures.get(name).label),
            node.options.get("unit", "") or str(measures.get(name).unit),
            _classes(list(values.values())),
        )  # fmt: skip
        drawn = {code for code, _area in areas}
        missing = [f"{label}（{shown(row[0])}）" for code, label, row in found if code not in drawn]
        if missing:
            named = "、".join(missing[:NAMED])
            yield documents.Note(
                _("Not on the map, as they have no boundary: %(places)s.") % {"places": named}
                if len(missing) <= NAMED
                else _("%(n)d places are not on the map, as they have no boundary: %(places)s …")
                % {"n": len(missing), "places": named}
            )

    def _days(self, node: Node) -> tuple[tuple[str, ...], tuple[documents.Series, ...]]:
        """How many rows each of the last days has, by a column of dates."""
        options = node.options
        view = self._dated(view_of(options)).checked(self.by, self.place)
        facts = view.facts()
        column = facts.column(options["date"][0])
        many = options.get("days", 14)
        first = self.day - dt.timedelta(days=many - 1)
        name = look_up(column)
        found: QuerySet[Any] = plans.rows(view, self.by, self.place)
        if column.kind == "datetime":
            found = found.annotate(fact_day=TruncDate(name))
            name = "fact_day"
        counted = dict(
            found.filter(**{f"{name}__gte": first, f"{name}__lte": self.day})
            .values_list(name)
            .annotate(n=Count("pk"))
            .order_by()
        )
        days = [first + dt.timedelta(days=n) for n in range(many)]
        label = options.get("title") or str(facts.label)
        return (
            tuple(f"{day.month}-{day.day}" for day in days),
            (documents.Series(str(label), tuple(float(counted.get(day, 0)) for day in days)),),
        )

    def _by_place(self, names: Sequence[str], level: int) -> list[tuple[str, str, list[float]]]:
        """Code, name and the figures of each place of a level here."""
        places = (
            [at(self.place)]
            if level <= len(self.place)
            else list(below(self.place, Level(level))[: MOST_PLACES + 1])
        )
        if len(places) > MOST_PLACES:
            raise Invalid(
                Problem(
                    _("More than %(most)d places are too many for a paper.")
                    % {"most": MOST_PLACES},
                    "source", mend=_("Take a higher level."),
                )
            )  # fmt: skip
        all_codes = [one.code for one in places]
        found = {name: self._told(name, all_codes) for name in names}
        return [(one.code, one.name, [found[name][one.code] for name in names]) for one in places]

    def _measured(self, name: str) -> float:
        if name not in self.used:
            self.used[name] = self._told(name, [self.place])[self.place]
        return self.used[name]

    def _told(self, name: str, places: Sequence[str]) -> dict[str, float]:
        day = self.day if self.past else None
        if self.template.as_now and plans.known_of_past(name, self.by, self.place) != "happened":
            day = None
        found = plans.measured(name, self.by, places, day=day)
        self.told.setdefault(name, {}).update(found)
        self._sources[str(measures.get(name).source or measures.get(name).label)] = None
        return found

    def _plain(self, pieces: Sequence[Piece]) -> str:
        return "".join(run.text if isinstance(run, Figure) else run for run in self._runs(pieces))

    def _runs(self, pieces: Sequence[Piece]) -> Iterator[Run]:
        for piece in pieces:
            yield piece if isinstance(piece, str) else self._hole(piece)

    def _hole(self, hole: Hole) -> Run:
        if len(hole.terms) == 1 and hole.terms[0].kind in ("value", "ask", "subject"):
            return self._said(hole.terms[0])
        value = self._sum(hole.terms)
        ref = self._ref(hole)
        if hole.share:
            whole = self._sum(hole.share)
            return Figure(_share(value, whole), ref)
        if hole.change:
            return Figure(self._change(hole.terms, value), ref)
        return Figure(shown(value), ref)

    def _sum(self, terms: Sequence[Term]) -> float:
        return sum(
            term.sign * (self._measured(term.name) if term.kind == "figure" else float(term.name))
            for term in terms
        )

    def _change(self, terms: Sequence[Term], value: float) -> str:
        """More, fewer or the same than in the last paper."""
        if any(term.name not in self.before for term in terms):
            return _("(no earlier figure)")
        earlier = sum(term.sign * self.before[term.name] for term in terms)
        if value == earlier:
            return _("as before")
        more = value > earlier
        by = shown(abs(value - earlier))
        return _("%(n)s more") % {"n": by} if more else _("%(n)s fewer") % {"n": by}

    def _ref(self, hole: Hole) -> str:
        figures = list(dict.fromkeys(hole.figures))
        return orjson.dumps([figures, self.place]).decode() if figures else ""

    def _figure(self, name: str, value: float, place: str) -> Figure:
        return Figure(shown(value), orjson.dumps([[name], place]).decode())

    def _said(self, term: Term) -> str:
        if term.kind == "ask":
            return self.answers.get(term.name, "")
        if term.kind == "subject":
            return self.subject.values[term.name]
        made = {
            "place": lambda: at(self.place).name if self.place else _("The whole country"),
            "full_place": lambda: full_name(self.place) if self.place else "",
            "day": lambda: date(self.day),
            "moment": lambda: date_time(self.moment),
            "year": lambda: str(self.day.year),
        }.get(term.name)
        return made() if made else self.values.get(term.name, "")


_MAKERS: Final[dict[str, Callable[[Making, Node], Iterator[documents.Block]]]] = {
    "heading": Making.heading,
    "text": Making.text,
    "page": Making.page,
    "source": Making.source,
    "ask": Making.ask,
    "if": Making.condition,
    "table": Making.table,
    "list": Making.listed,
    "chart": Making.chart,
    "map": Making.mapped,
}


def shown(value: float) -> str:
    """A number as a paper shows it: no separators, at most two places behind the point."""
    if value == int(value):
        return str(int(value))
    return f"{value:.2f}".rstrip("0").rstrip(".")


def _share(value: float, whole: float) -> str:
    """A share in percent; never 100 while something is missing, nothing of nothing is no share."""
    if not whole:
        return "–"
    share = value / whole * 100
    text = f"{share:.1f}"
    if text == "100.0" and value < whole:
        text = "99.9"
    return f"{text.removesuffix('.0')}%"


def _headed(measure: Measure) -> str:
    unit = str(measure.unit)
    return f"{measure.label}（{unit}）" if unit else str(measure.label)


def _rings(geometry: Any) -> tuple[tuple[tuple[float, float], ...], ...]:
    """The outer rings of a place on the map; none where nothing but a point is known."""
    kind = (geometry or {}).get("type")
    if kind == "Polygon":
        polygons = [geometry["coordinates"]]
    elif kind == "MultiPolygon":
        polygons = geometry["coordinates"]
    else:
        return ()
    return tuple(tuple((float(x), float(y)) for x, y, *_z in polygon[0]) for polygon in polygons)


def _classes(values: Sequence[float]) -> tuple[float, ...]:
    """Upper bounds of classes with about as many places each."""
    some = sorted({value for value in values if value})
    if len(some) <= CLASSES:
        return tuple(some)
    last = len(some) - 1
    bounds = (some[min(last, (n + 1) * len(some) // CLASSES)] for n in range(CLASSES))
    return tuple(dict.fromkeys(bounds))
