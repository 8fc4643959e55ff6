"""What the source text must not have."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from django.conf import settings

from tests.kit.source import listed

ROOT = Path(settings.CHECKOUT)
HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
LONGEST = 600
# Who may use Django's signals, for what: bulk changes skip them, so never for changes of data.
SIGNALS = {
    "fangxian/config/apps.py": "the fingerprints of the keys, after each migration",
    "fangxian/common/apps.py": "policies and triggers after each migration",
    "fangxian/regions/apps.py": "shipped rows after each migration",
    "fangxian/accounts/apps.py": "shipped roles after each migration",
    "fangxian/core/apps.py": "shipped rows after each migration",
    "fangxian/organisations/apps.py": "shipped rows after each migration",
    "fangxian/field/apps.py": "shipped rows after each migration",
}


@cache
def _files() -> tuple[Path, ...]:
    return listed(ROOT)


def files(*endings: str, tests: bool = False, migrations: bool = False) -> Iterator[Path]:
    for path in _files():
        parts = path.relative_to(ROOT).parts
        is_test = (
            parts[0] in {"tests", "benchmarks"}
            or "tests" in parts
            or path.name.startswith(("test_", "conftest"))
            or ".test." in path.name
        )
        if path.suffix not in endings or (is_test and not tests):
            continue
        if ("migrations" in parts and not migrations) or "node_modules" in parts:
            continue
        yield path


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_the_source_is_found_without_a_repository(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Unpacked from an archive, or where git is missing or refuses, the same files are read."""
    names = ("fangxian/a.py", "tests/test_a.py")
    gathered = (".venv", ".fangxian", "node_modules", "fangxian/__pycache__", "frontend/dist")
    for path in (*names, *(f"{folder}/lib/b.py" for folder in gathered)):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).touch()
    source = {tmp_path / path for path in names}
    assert set(listed(tmp_path)) == source
    (tmp_path / ".git").write_text("gitdir: nowhere")  # git fails
    source.add(tmp_path / ".git")
    assert set(listed(tmp_path)) == source
    monkeypatch.setenv("PATH", str(tmp_path))
    assert set(listed(tmp_path)) == source


def test_no_chinese_is_written_in_the_code() -> None:
    """Labels are message ids in English; words of the field stand in data files."""
    found = []
    for path in files(".py"):
        text = path.read_text("utf-8")
        for node in _strings(ast.parse(text)) if HAN.search(text) else ():
            # As it is written: an escaped range of characters is no label.
            if HAN.search(ast.get_source_segment(text, node) or ""):
                found.append(f"{name(path)}:{node.lineno}: {str(node.value)[:40]!r}")
    for path in files(".ts", ".tsx", ".html", ".scss"):
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
            if HAN.search(_code(line, path.suffix)):
                found.append(f"{name(path)}:{number}: {line.strip()[:60]}")
    assert not found, "move to gettext or to a data file:\n" + "\n".join(found)


def _code(line: str, suffix: str) -> str:
    """The line without its comment: a comment may name the Chinese term it is about."""
    if suffix in {".ts", ".tsx"}:
        return "" if line.lstrip().startswith(("//", "*", "/*")) else line.partition(" // ")[0]
    return re.sub(r"\{#.*?#\}|\{% comment %\}.*?\{% endcomment %\}", "", line)


def _strings(tree: ast.Module) -> Iterator[ast.Constant]:
    documentation = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            body = node.body
            if body and isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant):
                documentation.add(id(body[0].value))
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in documentation
        ):
            yield node


def test_no_star_imports_and_no_dynamic_code() -> None:
    found = []
    for path in files(".py"):
        if name(path) == "fangxian/config/test_settings.py":
            continue  # the settings with the mode set before
        tree = ast.parse(path.read_text("utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and any(a.name == "*" for a in node.names):
                found.append(f"{name(path)}:{node.lineno}: star import")
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id in {"eval", "exec"}
            ):
                found.append(f"{name(path)}:{node.lineno}: {node.func.id}")
    assert found == []


def test_signals_are_used_only_around_migrations() -> None:
    uses = {
        name(path)
        for path in files(".py")
        if re.search(
            r"(django\.(db\.models|core|dispatch|contrib\.auth)[.\w]*signals|@receiver)",
            path.read_text("utf-8"),
        )
    }
    assert uses - SIGNALS.keys() == set()
    for path in uses:
        text = (ROOT / path).read_text("utf-8")
        assert not re.search(r"\b(pre|post)_(save|delete|init)\b|m2m_changed", text), path


def test_no_file_grows_beyond_one_subject() -> None:
    long = {
        name(path): lines
        for path in files(".py", ".ts", ".tsx", ".html", ".scss", tests=True)
        if (lines := path.read_text("utf-8").count("\n")) > LONGEST
    }
    assert not long, f"split by subject (at most {LONGEST} lines): {long}"


@pytest.mark.parametrize("word", ["noqa", "type: ignore"])
def test_exceptions_are_named(word: str) -> None:
    """A silenced check says which one (`noqa: S308`, `type: ignore[attr-defined]`)."""
    bare = re.compile(r"#\s*noqa(?!:)|#\s*type:\s*ignore(?!\[)")
    found = [
        f"{name(path)}:{number}"
        for path in files(".py", tests=True)
        if name(path) != "tests/architecture/test_source.py"
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if word in line and bare.search(line)
    ]
    assert found == []


def test_nothing_is_left_for_later() -> None:
    later = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b|NotImplementedError\(\s*\)")
    found = [
        f"{name(path)}:{number}: {line.strip()[:60]}"
        for path in files(".py", ".ts", ".tsx", ".html", tests=True)
        if name(path) != "tests/architecture/test_source.py"
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if later.search(line)
    ]
    assert found == []


def test_personal_data_is_not_passed_to_the_log() -> None:
    """A log call names ids and counts; an f-string there would not say what it carries."""
    found = []
    for path in files(".py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and isinstance(node.func.value, ast.Name)
                and node.func.value.id in {"log", "logger", "logging"}
                and node.func.attr in {"debug", "info", "warning", "error", "exception", "critical"}
                and any(isinstance(arg, ast.JoinedStr) for arg in node.args)
            ):
                found.append(f"{name(path)}:{node.lineno}")
    assert not found, f"pass ids as arguments, not an f-string: {found}"


def test_no_statement_asks_the_database_for_the_day() -> None:
    """The connection's time zone is UTC: its day begins eight hours after the local one."""
    day = re.compile(r"CURRENT_DATE|LOCALTIMESTAMP|now\(\)\s*::\s*date", re.IGNORECASE)
    found = [name(path) for path in files(".py", ".sql") if day.search(path.read_text("utf-8"))]
    assert found == [], "pass timezone.localdate() as a parameter"
