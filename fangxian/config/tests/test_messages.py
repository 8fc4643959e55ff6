"""The translations' tools, on a small checkout of their own."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import polib
import pytest

SCRIPTS = Path(__file__).parents[3] / "scripts"
PYTHON = """
from django.utils.translation import gettext_lazy as _, ngettext, pgettext as p, gettext

TITLE = _("Households")
JOINED = gettext("one " "sentence")

def show(n):
    other = dict.gettext("not ours")
    unmarked = print("not marked")
    return ngettext("%(n)d visit", "%(n)d visits", n), p("verb", "Close"), _(TITLE)
"""
TEMPLATE = """{% load i18n %}
{% translate "Open tasks" %}{% trans "Open tasks" %}{{ _("In a filter") }}
{% translate 'Close' context "noun" %}
{% blocktranslate trimmed count n=n %}
  {{ n }} door
{% plural %}
  {{ n }} doors
{% endblocktranslate %}
{# translate "a comment" #}{% comment %}{% translate "commented" %}{% endcomment %}
"""
TYPESCRIPT = """
// gettext("in a comment")
import { gettext, ngettext } from "./i18n";
function gettext(text: string) { return text; }
/* gettext("in a longer comment") */
const a = gettext("It's \\"here\\"");
const b = gettext("long " +
  'text', );
const c = ngettext("%(n)s row", "%(n)s rows", n);
const d = other.gettext("not ours"), url = "http://x"; const e = gettext(`plain`);
"""


@pytest.fixture
def messages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """The script, working on a checkout with one room."""
    monkeypatch.syspath_prepend(str(SCRIPTS))
    spec = importlib.util.spec_from_file_location("messages", SCRIPTS / "messages.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "CHECKOUT", tmp_path)
    room = tmp_path / "fangxian" / "field"
    (room / "templates" / "field").mkdir(parents=True)
    (room / "tests").mkdir()
    (room / "views.py").write_text(PYTHON)
    (room / "tests" / "test_views.py").write_text(PYTHON.replace("Households", "Of a test"))
    (room / "templates" / "field" / "page.html").write_text(TEMPLATE)
    (tmp_path / "frontend" / "islands").mkdir(parents=True)
    (tmp_path / "frontend" / "islands" / "a.ts").write_text(TYPESCRIPT)
    yield module
    sys.modules.pop("message_sources", None)


def found(module: ModuleType, checkout: Path) -> set[tuple[str, str, str, str]]:
    return {(m.room, m.context, m.id, m.plural) for m in module.find_messages(checkout)}


def test_marked_texts_of_three_languages_are_found(messages: ModuleType, tmp_path: Path) -> None:
    assert found(messages, tmp_path) == {
        ("field", "", "Households", ""),
        ("field", "", "one sentence", ""),
        ("field", "", "%(n)d visit", "%(n)d visits"),
        ("field", "verb", "Close", ""),
        ("field", "", "Open tasks", ""),
        ("field", "", "In a filter", ""),
        ("field", "noun", "Close", ""),
        ("field", "", "%(n)s door", "%(n)s doors"),
        ("common", "", 'It\'s "here"', ""),
        ("common", "", "long text", ""),
        ("common", "", "%(n)s row", "%(n)s rows"),
        ("common", "", "plain", ""),
    }


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (
            "fangxian/field/late.py",
            'from django.utils.translation import gettext as _\n_(f"{1} x")',
        ),
        ("fangxian/field/late.py", 'from django.utils.translation import gettext as _\n_("a" + b)'),
        ("frontend/islands/late.ts", "gettext(`${n} rows`)"),
    ],
)
def test_a_text_built_at_run_time_is_refused(
    messages: ModuleType, tmp_path: Path, path: str, line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / path).write_text(line)
    assert messages.main(["check"]) == 1
    assert "built at run time" in capsys.readouterr().err


def catalogue(checkout: Path, room: str = "field", domain: str = "django") -> Path:
    return checkout / "fangxian" / room / "locale" / "zh_Hans" / "LC_MESSAGES" / f"{domain}.po"


def fill(path: Path, text: str = "译文") -> None:
    po = polib.pofile(str(path))
    for entry in po:
        marks = "".join(f" %({name})s" for name in ["n"] if f"%({name})s" in entry.msgid)
        marks += " %(n)d" if "%(n)d" in entry.msgid else ""
        if entry.msgid_plural:
            entry.msgstr_plural = {0: text + marks}
        else:
            entry.msgstr = text + marks
    po.save()


def test_a_counted_text_needs_a_counted_translation(
    messages: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    messages.main(["update"])
    fill(catalogue(tmp_path))
    fill(catalogue(tmp_path, "common", "djangojs"))
    assert messages.main(["check"]) == 0
    po = polib.pofile(str(catalogue(tmp_path)))
    entry = next(entry for entry in po if entry.msgid_plural)
    entry.msgstr, entry.msgid_plural, entry.msgstr_plural = entry.msgstr_plural[0], "", {}
    po.save()
    assert messages.main(["check"]) == 1
    assert "has a plural here" in capsys.readouterr().err


def test_update_adds_what_is_new_and_keeps_what_is_there(
    messages: ModuleType, tmp_path: Path
) -> None:
    assert messages.main(["check"]) == 1
    assert messages.main(["update"]) == 0
    fill(catalogue(tmp_path))
    fill(catalogue(tmp_path, "common", "djangojs"))
    assert messages.main(["check"]) == 0
    before = catalogue(tmp_path).read_bytes()
    assert messages.main(["update"]) == 0
    assert catalogue(tmp_path).read_bytes() == before
    (tmp_path / "fangxian" / "field" / "new.py").write_text(PYTHON.replace("Households", "New"))
    assert messages.main(["check"]) == 1
    assert messages.main(["update"]) == 0
    po = polib.pofile(str(catalogue(tmp_path)))
    assert {entry.msgid for entry in po if not entry.translated()} == {"New"}
    assert po.find("Households").msgstr == "译文"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda entry: entry.flags.append("fuzzy"), "marked fuzzy"),
        (lambda entry: setattr(entry, "msgstr", ""), "no translation of 'Households'"),
        (lambda entry: setattr(entry, "msgstr", "%(many)s"), "other placeholders"),
    ],
)
def test_check_names_each_defect(
    messages: ModuleType,
    tmp_path: Path,
    change: object,
    said: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    messages.main(["update"])
    fill(catalogue(tmp_path))
    fill(catalogue(tmp_path, "common", "djangojs"))
    po = polib.pofile(str(catalogue(tmp_path)))
    change(po.find("Households"))  # type: ignore[operator]
    po.save()
    assert messages.main(["check"]) == 1
    assert said in capsys.readouterr().err


def test_one_text_has_one_translation(
    messages: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    messages.main(["update"])
    fill(catalogue(tmp_path))
    fill(catalogue(tmp_path, "common", "djangojs"))
    other = catalogue(tmp_path, "people")
    other.parent.mkdir(parents=True)
    other.write_bytes(catalogue(tmp_path).read_bytes())
    assert messages.main(["check"]) == 0
    fill(other, "别的")
    assert messages.main(["check"]) == 1
    assert "translated in different ways" in capsys.readouterr().err


def test_compile_makes_both_scripts_and_only_what_is_older(
    messages: ModuleType, tmp_path: Path
) -> None:
    messages.main(["update"])
    fill(catalogue(tmp_path), "台账体系")
    assert messages.main(["compile"]) == 0
    simplified = catalogue(tmp_path).with_suffix(".mo")
    traditional = Path(str(simplified).replace("zh_Hans", "zh_Hant"))
    assert polib.mofile(str(simplified)).find("Households").msgstr == "台账体系"
    assert polib.mofile(str(traditional)).find("Households").msgstr == "臺賬體系"
    first = traditional.stat().st_mtime_ns
    assert messages.main(["compile"]) == 0
    assert traditional.stat().st_mtime_ns == first


def test_a_translation_for_scripts_is_none_for_pages(
    messages: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "frontend" / "islands" / "b.ts").write_text('gettext("Households")')
    messages.main(["update"])
    fill(catalogue(tmp_path, "common", "djangojs"))
    assert messages.main(["check"]) == 1
    assert "no translation of 'Households' in fangxian/field" in capsys.readouterr().err
    fill(catalogue(tmp_path), "别的")
    assert messages.main(["check"]) == 0
