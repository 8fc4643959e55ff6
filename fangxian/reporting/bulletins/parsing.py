"""Reading a template: text with figures, tables, charts, conditions; every mistake with its line.

A template is text as a clerk writes it. Lines of ``key: value`` before the first empty line are the
head of the paper; then each line is a paragraph, ``#`` to ``####`` begin headings, and what stands
in ``{{ }}`` is filled: a figure by its name or code (``{{ register.residents }}``, ``{{
field.visited | share of field.target }}``), a value of the paper (``{{ place }}``), a column of
whom or what the paper is about (``{{ person.name }}``, chosen when it is drafted), or, alone on its
line, a table, list, chart, map, condition or something that is asked of who drafts the paper.
The words are those of ``data/words.json``, Chinese first. Nothing in it is code: names are looked
up, and what isn't known is a mistake.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from django.utils.translation import gettext as _

from fangxian.common import codes
from fangxian.common.errors import Invalid, Problem
from fangxian.common.facts import Filter, View, tables
from fangxian.common.facts.asked import condition, operations_of
from fangxian.common.papers.documents import FORMS
from fangxian.reporting.bulletins import words

MOST_LINES: Final = 600
LONGEST_LINE: Final = 4_000
SHOWN_PROBLEMS: Final = 30
# Of what moment the figures of a past day's paper are: the end of that day, or now.
BASES: Final = ("day", "now")
_HOLE: Final = re.compile(r"\{\{(.*?)\}\}")
_HEAD: Final = re.compile(r"^([^:：{}]{1,20})[:：](.*)$")
_HEADING: Final = re.compile(r"^(#{1,4})\s*(.+)$")
_OPTION: Final = re.compile(r"([^\s=＝]+)\s*[=＝]\s*(?:\"([^\"]*)\"|“([^”]*)”|(\S+))")
_WHERE: Final = re.compile(r"^(.+?)\s*(!=|>=|<=|~|=)\s*(.+)$")
_SUBJECT: Final = re.compile(r"^([^\s.．]+)\s*[.．]\s*(.+)$")
# What stands unsealed in lists and numbers tells of nobody.
_OPEN_HEADS: Final = ("title", "number")
_COMPARE: Final = re.compile(r"^(.+?)\s+(!=|>=|<=|>|<|=)\s+(-?\d+(?:\.\d+)?)$")
_LIST: Final = re.compile(r"[、,，]")
_OPERATIONS: Final = {"=": "is", "!=": "not", ">=": "from", "<=": "to", "~": "has"}


@dataclass(frozen=True)
class Term:
    """One summand: a figure, a value of the paper, something asked, of a subject, or a number.

    The name of one of a subject is what it is and the column: ``person.name``.
    """

    sign: int
    kind: str
    name: str


@dataclass(frozen=True)
class Hole:
    """What stands in braces in a text; ``share`` and ``change``: how the figure is shown."""

    terms: tuple[Term, ...]
    share: tuple[Term, ...] = ()
    change: bool = False

    @property
    def figures(self) -> Iterator[str]:
        """The figures it needs."""
        for term in (*self.terms, *self.share):
            if term.kind == "figure":
                yield term.name


Piece = str | Hole


@dataclass(frozen=True)
class Node:
    """A part of a template: ``kind`` text, heading, or a directive with its options."""

    kind: str
    line: int
    pieces: tuple[Piece, ...] = ()
    level: int = 0
    options: dict[str, Any] = field(default_factory=dict)
    then: tuple[Node, ...] = ()
    otherwise: tuple[Node, ...] = ()


@dataclass(frozen=True)
class Template:
    """A template as read: its head and its parts."""

    heads: dict[str, tuple[Piece, ...]]
    nodes: tuple[Node, ...]

    @property
    def as_now(self) -> bool:
        """Whether the figures of a past day's paper are those of now; the paper says so."""
        return self.heads.get("basis") == ("now",)

    @property
    def every(self) -> Iterator[Node]:
        """Its parts, those within conditions too."""
        return _every(self.nodes)

    @property
    def asked(self) -> list[str]:
        """What who drafts a paper is asked for, in order."""
        found: dict[str, None] = {}
        for name in _asked(self.nodes, self.heads):
            found[name] = None
        return list(found)

    @property
    def subjects(self) -> dict[str, tuple[str, ...]]:
        """What it is about (``person``), each with the columns that it tells, in order."""
        found: dict[str, dict[str, None]] = {}
        for piece in _pieces(self.nodes, self.heads):
            for term in piece.terms if isinstance(piece, Hole) else ():
                if term.kind == "subject":
                    name, _dot, column = term.name.partition(".")
                    found.setdefault(name, {})[column] = None
        return {name: tuple(columns) for name, columns in found.items()}

    @property
    def figures(self) -> list[str]:
        """The figures of its text, in order; those of tables and charts beside."""
        found: dict[str, None] = {}
        for piece in _pieces(self.nodes, self.heads):
            if isinstance(piece, Hole):
                found.update(dict.fromkeys(piece.figures))
        return list(found)

    @property
    def drawn(self) -> list[str]:
        """The figures of its tables, charts, maps and conditions."""
        found: dict[str, None] = {}
        for node in self.every:
            found.update(dict.fromkeys(node.options.get("figures", ())))
            if "condition" in node.options:
                found[node.options["condition"][0]] = None
        return list(found)

    @property
    def tables(self) -> set[str]:
        """The tables of facts that it reads, for the rights that it needs."""
        from fangxian.common.facts import measures

        found = {measures.get(name).table for name in (*self.figures, *self.drawn)}
        found |= {words.subjects()[name].name for name in self.subjects}
        return found | {node.options["facts"] for node in self.every if "facts" in node.options}


def _every(nodes: tuple[Node, ...]) -> Iterator[Node]:
    for node in nodes:
        yield node
        yield from _every(node.then)
        yield from _every(node.otherwise)


def _pieces(nodes: tuple[Node, ...], heads: dict[str, tuple[Piece, ...]]) -> Iterator[Piece]:
    for pieces in heads.values():
        yield from pieces
    for node in _every(nodes):
        yield from node.pieces


def _asked(nodes: tuple[Node, ...], heads: dict[str, tuple[Piece, ...]]) -> Iterator[str]:
    for pieces in heads.values():
        yield from _asked_in(pieces)
    for node in _every(nodes):
        yield from _asked_in(node.pieces)
        if node.kind == "ask":
            yield node.options["name"]


def _asked_in(pieces: tuple[Piece, ...]) -> Iterator[str]:
    for piece in pieces:
        if isinstance(piece, Hole):
            yield from (term.name for term in piece.terms if term.kind == "ask")


def read(source: str) -> Template:
    """Read a template. Raises Invalid with a problem for each line that is wrong."""
    reader = _Reader(source)
    made = reader.template()
    if reader.problems:
        raise Invalid(*reader.problems[:SHOWN_PROBLEMS])
    return made


class _Reader:
    def __init__(self, source: str) -> None:
        self.lines = source.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        self.problems: list[Problem] = []

    def wrong(self, line: int, message: str, mend: str) -> None:
        """Note a mistake; reading goes on, so that all are shown at once."""
        self.problems.append(Problem(message, "source", row=line, mend=mend, code="template"))

    def template(self) -> Template:
        if len(self.lines) > MOST_LINES:
            self.wrong(
                MOST_LINES, _("A template has at most %(most)d lines.") % {"most": MOST_LINES},
                _("Make two of it."),
            )  # fmt: skip
            return Template({}, ())
        heads: dict[str, tuple[Piece, ...]] = {}
        at = 0
        while at < len(self.lines) and self.lines[at].strip():
            self._head(at + 1, self.lines[at].strip(), heads)
            at += 1
        if "title" not in heads:
            self.wrong(
                1, _("The paper has no title."),
                _("Begin with a line such as “%(word)s: …”.")
                % {"word": words.first("heads", "title")},
            )  # fmt: skip
        form = heads.get("form")
        if form is not None and (len(form) != 1 or form[0] not in FORMS):
            self.wrong(1, _("There is no such form of papers."), _("Write one of the list."))
        basis = heads.get("basis")
        if basis is not None and (len(basis) != 1 or basis[0] not in BASES):
            self.wrong(
                1, _("There is no such basis of the figures."),
                _("Write “%(day)s” or “%(now)s”.")
                % {one: words.first("bases", one) for one in BASES},
            )  # fmt: skip
        nodes, _end = self._nodes(at, nested=False)
        return Template(heads, nodes)

    def _head(self, line: int, text: str, heads: dict[str, tuple[Piece, ...]]) -> None:
        match = _HEAD.match(text)
        name = words.meant("heads", match[1]) if match else None
        if match is None or name is None:
            self.wrong(
                line, _("“%(text)s” is no part of a paper's head.") % {"text": text[:30]},
                _("Write one of the list, or an empty line before the text begins."),
            )  # fmt: skip
            return
        value = match[2].strip()
        if name == "form":
            heads[name] = (words.meant("forms", value) or value,)
        elif name == "basis":
            heads[name] = (words.meant("bases", value) or value,)
        elif name == "seal":
            heads[name] = ("yes",) if words.is_yes(value) else ()
        else:
            heads[name] = pieces = self._text(line, value)
            if name in _OPEN_HEADS and any(
                term.kind == "subject"
                for piece in pieces
                if isinstance(piece, Hole)
                for term in piece.terms
            ):
                self.wrong(
                    line,
                    _("Title and number stand in lists and tell nothing of a person or home."),
                    _("Say it in the text, or as the recipient."),
                )  # fmt: skip

    def _nodes(self, at: int, *, nested: bool) -> tuple[tuple[Node, ...], int]:
        """Nodes from a line on, to the end of a condition or of the text; and where that is."""
        found: list[Node] = []
        while at < len(self.lines):
            number, text = at + 1, self.lines[at].strip()
            at += 1
            if not text:
                continue
            if len(text) > LONGEST_LINE:
                self.wrong(number, _("The line is too long."), _("Make two of it."))
                continue
            hole = _HOLE.fullmatch(text)
            word, _space, rest = hole[1].strip().partition(" ") if hole else ("", "", "")
            directive = words.meant("directives", word) if hole else None
            if directive in ("else", "end"):
                if not nested:
                    self.wrong(number, _("Nothing begins that ends here."), _("Leave it out."))
                    continue
                return tuple(found), at - 1
            if directive == "if":
                node, at = self._condition(number, rest, at)
                found.append(node)
            elif directive is not None:
                made = self._directive(number, directive, rest.strip())
                if made is not None:
                    found.append(made)
            elif heading := _HEADING.match(text):
                pieces = self._text(number, heading[2].strip())
                found.append(Node("heading", number, pieces, len(heading[1])))
            else:
                found.append(Node("text", number, self._text(number, text)))
        if nested:
            self.wrong(
                len(self.lines), _("A condition isn't ended."),
                _("Write {{ %(word)s }} behind it.") % {"word": words.first("directives", "end")},
            )  # fmt: skip
        return tuple(found), at

    def _condition(self, number: int, text: str, at: int) -> tuple[Node, int]:
        match = _COMPARE.match(text.strip())
        told: tuple[str, str, float] | None = None
        if match is None:
            self.wrong(
                number, _("“%(text)s” is no condition.") % {"text": text[:40]},
                _("Write a figure, a comparison and a number, with spaces between."),
            )  # fmt: skip
        elif name := self._figure(number, match[1]):
            told = (name, match[2], float(match[3]))
        then, at = self._nodes(at, nested=True)
        otherwise: tuple[Node, ...] = ()
        if at < len(self.lines) and self._word(at) == "else":
            otherwise, at = self._nodes(at + 1, nested=True)
        options = {"condition": told} if told else {}
        return Node("if", number, options=options, then=then, otherwise=otherwise), at + 1

    def _word(self, at: int) -> str | None:
        hole = _HOLE.fullmatch(self.lines[at].strip())
        return words.meant("directives", hole[1].strip().partition(" ")[0]) if hole else None

    def _text(self, line: int, text: str) -> tuple[Piece, ...]:
        pieces: list[Piece] = []
        last = 0
        for match in _HOLE.finditer(text):
            if match.start() > last:
                pieces.append(text[last : match.start()])
            hole = self._hole(line, match[1].strip())
            if hole is not None:
                pieces.append(hole)
            last = match.end()
        if last < len(text):
            pieces.append(text[last:])
        if "{{" in text[last:] or "}}" in text[last:]:
            self.wrong(line, _("A pair of braces isn't closed."), _("Write {{ name }}."))
        return tuple(pieces)

    def _hole(self, line: int, text: str) -> Hole | None:
        parts = [part.strip() for part in re.split(r"[|｜]", text)]
        if not parts[0]:
            self.wrong(line, _("There is nothing between the braces."), _("Write {{ name }}."))
            return None
        terms = self._terms(line, parts[0])
        share: tuple[Term, ...] = ()
        change = False
        for part in parts[1:]:
            word, _space, rest = part.partition(" ")
            match words.meant("filters", word):
                case "share":
                    share = self._terms(line, rest.strip())
                case "change":
                    change = True
                case _:
                    self.wrong(
                        line,
                        _("There is no way “%(word)s” to show a figure.") % {"word": word[:20]},
                        _("Take one of the list."),
                    )  # fmt: skip
        if change and any(term.kind != "figure" for term in terms):
            self.wrong(line, _("Only figures are compared with the last time."), _("Leave it out."))
        if parts[1:] and any(term.kind not in ("figure", "number") for term in (*terms, *share)):
            self.wrong(line, _("Only figures are shown in such a way."), _("Leave it out."))
        return Hole(terms, share, change)

    def _terms(self, line: int, text: str) -> tuple[Term, ...]:
        found = []
        for part in re.split(r"\s(?=[+\-−＋]\s)", text):
            piece, sign = part.strip(), 1
            if piece[:1] in "+＋-−" and piece[1:2] == " ":
                sign, piece = (1 if piece[0] in "+＋" else -1), piece[1:].strip()
            term = self._term(line, piece, sign)
            if term is not None:
                found.append(term)
        if len(found) > 1 and any(term.kind not in ("figure", "number") for term in found):
            self.wrong(line, _("Only figures and numbers can be added up."), _("Take them apart."))
        return tuple(found)

    def _term(self, line: int, text: str, sign: int) -> Term | None:
        if re.fullmatch(r"\d+(?:\.\d+)?", text):
            return Term(sign, "number", text)
        word, _space, rest = text.partition(" ")
        if words.meant("directives", word) == "ask" and rest.strip():
            return Term(sign, "ask", rest.strip()[:60])
        if value := words.meant("values", text):
            return Term(sign, "value", value)
        match = _SUBJECT.match(text)
        if match and (subject := words.meant("subjects", match[1])):
            return self._of_subject(line, subject, match[2], sign)
        name = self._figure(line, text)
        return Term(sign, "figure", name) if name else None

    def _of_subject(self, line: int, subject: str, text: str, sign: int) -> Term | None:
        table = words.subjects()[subject]
        column = words.column_called(table.name, text)
        if column is None:
            self.wrong(
                line,
                _("The ledger “%(ledger)s” has no column “%(text)s”.")
                % {"ledger": table.label, "text": text[:30]},
                _("Take one of its list."),
            )
            return None
        return Term(sign, "subject", f"{subject}.{column}")

    def _figure(self, line: int, text: str) -> str | None:
        found = words.measures_called(text.strip())
        if len(found) == 1:
            return found[0].name
        if found:
            names = "、".join(one.name for one in found)
            self.wrong(
                line, _("Several figures are called “%(text)s”.") % {"text": text[:30]},
                _("Write which one: %(names)s.") % {"names": names},
            )  # fmt: skip
        else:
            self.wrong(
                line, _("There is no figure “%(text)s”.") % {"text": text[:30]},
                _("Take one of the list of figures, by name or code."),
            )  # fmt: skip
        return None

    def _directive(self, line: int, directive: str, text: str) -> Node | None:
        if directive == "page":
            return Node("page", line)
        if directive == "source":
            return Node("source", line)
        if directive == "ask":
            if not text:
                self.wrong(line, _("It isn't said what is asked."), _("Write a name behind it."))
                return None
            return Node("ask", line, options={"name": text[:60]})
        given: dict[str, str] = {}
        for match in _OPTION.finditer(text):
            name = words.meant("options", match[1])
            if name is None:
                self.wrong(
                    line, _("There is no option “%(word)s”.") % {"word": match[1][:20]},
                    _("Take one of the list."),
                )  # fmt: skip
                continue
            given[name] = next(part for part in match.groups()[1:] if part is not None).strip()
        before = len(self.problems)
        options = self._options(line, directive, given)
        return Node(directive, line, options=options) if len(self.problems) == before else None

    def _options(self, line: int, directive: str, given: dict[str, str]) -> dict[str, Any]:
        options: dict[str, Any] = {name: given[name] for name in ("title", "unit") if name in given}
        if "by" in given:
            level = words.meant("levels", given["by"])
            if level is None:
                self.wrong(
                    line, _("“%(word)s” is no level of places.") % {"word": given["by"][:20]},
                    _("Take one of the list."),
                )  # fmt: skip
            else:
                options["by"] = int(level)
        if "figures" in given:
            names = [self._figure(line, part) for part in _LIST.split(given["figures"]) if part]
            options["figures"] = tuple(name for name in names if name)
        options["total"] = words.is_yes(given.get("total", ""))
        options["skip_zero"] = words.is_yes(given.get("skip_zero", ""))
        for name, least, most in (("days", 2, 400), ("limit", 1, 2_000)):
            if name in given:
                text = given[name]
                if not text.isdecimal() or not least <= int(text) <= most:
                    self.wrong(
                        line, _("“%(text)s” is no such number.") % {"text": text[:20]},
                        _("Write one from %(least)d to %(most)d.") % {"least": least, "most": most},
                    )  # fmt: skip
                else:
                    options[name] = int(text)
        if "kind" in given:
            kind = words.meant("charts", given["kind"])
            if kind is None:
                self.wrong(
                    line, _("There is no chart “%(word)s”.") % {"word": given["kind"][:20]},
                    _("Take one of the list."),
                )  # fmt: skip
            options["kind"] = kind
        if "facts" in given:
            self._facts(line, given, options)
        self._complete(line, directive, options)
        return options

    def _facts(self, line: int, given: dict[str, str], options: dict[str, Any]) -> None:
        found = words.tables_called(given["facts"])
        if len(found) != 1:
            self.wrong(
                line, _("There is no ledger “%(text)s”.") % {"text": given["facts"][:30]},
                _("Take one of the list of ledgers, by name or code."),
            )  # fmt: skip
            return
        table = found[0]
        options["facts"] = table.name
        for name in ("columns", "date"):
            chosen = []
            for part in _LIST.split(given.get(name, "")):
                if not part.strip():
                    continue
                column = words.column_called(table.name, part)
                if column is None:
                    self.wrong(
                        line,
                        _("The ledger “%(ledger)s” has no column “%(text)s”.")
                        % {"ledger": table.label, "text": part[:30]},
                        _("Take one of its list."),
                    )
                else:
                    chosen.append(column)
            if chosen:
                options[name] = tuple(chosen)
        filters = []
        for part in re.split(r"[;；]", given.get("where", "")):
            if part.strip():
                made = self._where(line, table.name, part.strip())
                if made is not None:
                    filters.append(made)
        options["where"] = tuple(filters)

    def _where(self, line: int, table: str, text: str) -> Filter | None:
        match = _WHERE.match(text)
        name = words.column_called(table, match[1]) if match else None
        if match is None or name is None:
            self.wrong(
                line, _("“%(text)s” is no condition.") % {"text": text[:40]},
                _("Write a column, one of = != >= <= ~ and a value."),
            )  # fmt: skip
            return None
        facts = tables.get(table)
        made = Filter(name, _OPERATIONS[match[2]], match[3].strip('“”" '))
        try:
            if made.operation not in operations_of(facts.column(name)):
                raise Invalid(
                    Problem(_("this column can't be compared so."), mend=_("Take another."))
                )
            condition(facts, made)
        except Invalid as error:
            problem = error.problems[0]
            self.wrong(line, str(problem.message), str(problem.mend))
            return None
        return made

    def _complete(self, line: int, directive: str, options: dict[str, Any]) -> None:
        """What a directive can't do without."""
        series = options.get("facts") and options.get("date")
        lacking = {
            "table": not options.get("figures") or "by" not in options,
            "list": "facts" not in options,
            "map": len(options.get("figures", ())) != 1 or "by" not in options,
            "chart": not (series or (options.get("figures") and "by" in options)),
        }.get(directive, False)
        if lacking and not self.problems:
            wanted = {
                "table": ("figures", "by"),
                "list": ("facts",),
                "map": ("figures", "by"),
                "chart": ("figures", "by"),
            }[directive]
            names = "、".join(words.first("options", one) for one in wanted)
            self.wrong(
                line, _("Something is missing here."), _("It needs: %(names)s.") % {"names": names}
            )


def view_of(options: dict[str, Any]) -> View:
    """The view of the facts that a list or a series of days shows."""
    return View(
        options["facts"], columns=options.get("columns", ()), filters=options.get("where", ())
    )


def level_below(place: str, level: int) -> bool:
    """Whether places of a level lie below a place."""
    return level > len(place) and level in {int(one) for one in codes.Level}
