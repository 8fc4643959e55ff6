"""Find the texts that are marked for translation in Python, templates and TypeScript.

Needs no GNU gettext: Python is read by its own parser, templates by Django's `templatize`,
TypeScript by a small scanner.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.utils.translation.template import templatize

# Where the texts of a folder of frontend/ are translated: the phone app carries its own, the pages
# those of their islands.
ROOM_OF_FOLDER = {"islands": "common", "field": "field"}
# Name of the function: which arguments are context, text and plural.
FUNCTIONS = {
    "gettext": ("id",),
    "ngettext": ("id", "plural"),
    "pgettext": ("context", "id"),
    "npgettext": ("context", "id", "plural"),
}
# Short names in the phone app, whose screens are little else than texts.
SHORT = {"t": "gettext", "tn": "ngettext"}
_SKIPPED = {"tests", "testing", "migrations", "node_modules", "dist", "__pycache__"}
_STRING = r"""(?:"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')"""
_IN_TEMPLATE = re.compile(rf"\b(_|n?p?gettext)\(\s*u?({_STRING}(?:\s*,\s*u?{_STRING})*)", re.DOTALL)
_ONE_STRING = re.compile(_STRING)
_TS_COMMENT = re.compile(rf"({_STRING}|`(?:\\.|[^`\\])*`)|//[^\n]*|/\*.*?\*/", re.DOTALL)
_TS_CALL = re.compile(r"(?<![\w.$])(n?p?gettext)\(\s*")
_SHORT_CALL = re.compile(r"(?<![\w.$])(n?p?gettext|tn?)\(\s*")
_TS_STRING = re.compile(rf"{_STRING}|`(?:\\.|[^`\\])*`")


@dataclass(frozen=True)
class Message:
    """A marked text: where it is, in which catalogue it belongs, what it says."""

    path: Path
    room: str
    domain: str
    id: str
    plural: str = ""
    context: str = ""

    @property
    def key(self) -> tuple[str, str, str]:
        return self.domain, self.context, self.id


class UntranslatableError(ValueError):
    """A marked text that no catalogue can hold (built at run time)."""


def find_messages(checkout: Path) -> Iterator[Message]:
    """All marked texts of the product. UntranslatableError names a file and line that can't be."""
    for path in _files(checkout / "fangxian", "*.py"):
        yield from _python(path, _room(path, checkout))
    for pattern in ("*.html", "*.txt"):
        for path in _files(checkout / "fangxian", pattern):
            if "templates" in path.parts:
                yield from _template(path, _room(path, checkout))
    for folder, room in ROOM_OF_FOLDER.items():
        for pattern in ("*.ts", "*.tsx"):
            for path in _files(checkout / "frontend" / folder, pattern):
                if ".test." not in path.name and not path.name.endswith(".d.ts"):
                    yield from _typescript(path, room)


def _files(top: Path, pattern: str) -> Iterator[Path]:
    for path in sorted(top.rglob(pattern)):
        if not _SKIPPED & set(path.relative_to(top).parts):
            yield path


def _room(path: Path, checkout: Path) -> str:
    return path.relative_to(checkout / "fangxian").parts[0]


def _python(path: Path, room: str) -> Iterator[Message]:
    tree = ast.parse(path.read_text(encoding="utf-8"), filename=str(path))
    names: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "django.utils.translation":
            for alias in node.names:
                base = re.sub(r"_(lazy|noop)$", "", alias.name)
                if base in FUNCTIONS:
                    names[alias.asname or alias.name] = base
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not node.args:
            continue
        function = _called(node.func, names)
        if function is None:
            continue
        first = node.args[0]
        if isinstance(first, ast.JoinedStr | ast.BinOp):
            raise UntranslatableError(
                f"{path}:{node.lineno}: a marked text is built at run time. Write one literal "
                "with %(name)s in it and fill it after the translation."
            )
        parts = [
            argument.value
            for argument in node.args[: len(FUNCTIONS[function])]
            if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
        ]
        if len(parts) == len(FUNCTIONS[function]):
            yield _message(path, room, "django", function, parts)


def _called(function: ast.expr, names: dict[str, str]) -> str | None:
    if isinstance(function, ast.Name):
        return names.get(function.id)
    if isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name):
        base = re.sub(r"_(lazy|noop)$", "", function.attr)
        if function.value.id == "translation" and base in FUNCTIONS:
            return base
    return None


def _template(path: Path, room: str) -> Iterator[Message]:
    code = templatize(path.read_text(encoding="utf-8"), origin=str(path))
    for match in _IN_TEMPLATE.finditer(code):
        function = "gettext" if match[1] == "_" else match[1]
        parts = [str(ast.literal_eval(one)) for one in _ONE_STRING.findall(match[2])]
        yield _message(path, room, "django", function, parts[: len(FUNCTIONS[function])])


def _typescript(path: Path, room: str) -> Iterator[Message]:
    text = path.read_text(encoding="utf-8")
    code = _TS_COMMENT.sub(lambda match: match[1] or " ", text)
    for match in (_SHORT_CALL if room == "field" else _TS_CALL).finditer(code):
        if re.search(r"\bfunction\s+$", code[: match.start()]):
            continue
        function, at, parts = SHORT.get(match[1], match[1]), match.end(), list[str]()
        while len(parts) < len(FUNCTIONS[function]):
            value, at = _ts_literal(path, code, at)
            if value is None:
                break
            parts.append(value)
        if len(parts) == len(FUNCTIONS[function]):
            yield _message(path, room, "djangojs", function, parts)


def _ts_literal(path: Path, code: str, at: int) -> tuple[str | None, int]:
    """The string at `at` (literals joined by + are one), and where the next argument starts."""
    value: str | None = None
    while match := _TS_STRING.match(code, at):
        literal = match[0]
        if literal[0] == "`" and "${" in literal:
            line = code.count("\n", 0, at) + 1
            raise UntranslatableError(
                f"{path}: near line {line}: a marked text is built at run time. Write one literal "
                "with %(name)s in it and fill it after the translation."
            )
        quoted = f'"""{literal[1:-1]}"""' if literal[0] == "`" else literal
        value = (value or "") + str(ast.literal_eval(quoted))
        at = match.end()
        joined = re.compile(r"\s*\+\s*").match(code, at)
        if joined is None:
            break
        at = joined.end()
    comma = re.compile(r"\s*,\s*").match(code, at)
    return value, comma.end() if comma else at


def _message(path: Path, room: str, domain: str, function: str, parts: list[str]) -> Message:
    fields = dict(zip(FUNCTIONS[function], parts, strict=False))
    return Message(path, room, domain, **fields)
