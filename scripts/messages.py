"""Translations without GNU gettext:  messages.py compile | check | update

Each room keeps its own in `fangxian/<room>/locale/zh_Hans/LC_MESSAGES/django.po` (texts of
the pages' TypeScript in `common`'s djangojs.po, of the phone app's in `field`'s). English is the
source and needs no catalogue; traditional characters are compiled from the simplified ones, so
they are always in step.

compile   writes the .mo files that are older than their .po
check     lists marked texts that lack a translation, and translations that contradict; exit 1
update    adds new texts to the catalogues, keeping what is there
"""

from __future__ import annotations

import re
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import polib
from message_sources import Message, UntranslatableError, find_messages

CHECKOUT = Path(__file__).absolute().parent.parent
_PLACEHOLDER = re.compile(r"%(?:\(\w+\))?[sdif]|\{\w*\}")


def main(arguments: list[str]) -> int:
    """Run one of the three; its exit code."""
    work = {"compile": compile_all, "check": check, "update": update}
    if len(arguments) != 1 or arguments[0] not in work:
        print(__doc__, file=sys.stderr)
        return 2
    try:
        problems = work[arguments[0]]()
    except UntranslatableError as error:
        problems = [str(error)]
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


def catalogues() -> list[Path]:
    """All .po files of simplified Chinese."""
    return sorted((CHECKOUT / "fangxian").glob("*/locale/zh_Hans/LC_MESSAGES/*.po"))


def compile_all() -> list[str]:
    """Write each .mo that is missing or older than its .po, simplified and traditional."""
    problems: list[str] = []
    for path in catalogues():
        simplified = path.with_suffix(".mo")
        traditional = Path(str(simplified).replace("zh_Hans", "zh_Hant"))
        if all(_is_newer(target, path) for target in (simplified, traditional)):
            continue
        try:
            catalogue = polib.pofile(str(path), check_for_duplicates=True)
        except (OSError, ValueError) as error:
            problems.append(f"{_shown(path)}: {error}")
            continue
        _write(catalogue, simplified)
        _write(_in_traditional(catalogue), traditional)
    return problems


def check() -> list[str]:
    """What is missing or wrong, a line each."""
    return [*_check_catalogues(), *_check_messages()]


def update() -> list[str]:
    """Add marked texts that no catalogue has to the one of their room."""
    known = set(_entries())
    new: dict[Path, list[Message]] = defaultdict(list)
    for message in find_messages(CHECKOUT):
        if message.key not in known:
            known.add(message.key)
            new[_catalogue_of(message)].append(message)
    for path, messages in new.items():
        catalogue = polib.pofile(str(path)) if path.exists() else _empty()
        for message in messages:
            catalogue.append(_entry(message))
        catalogue.sort(key=lambda entry: (entry.obsolete, entry.msgid, entry.msgctxt or ""))
        path.parent.mkdir(parents=True, exist_ok=True)
        catalogue.save(str(path))
        print(f"{_shown(path)}: {len(messages)} new")
    return []


def _check_messages() -> Iterator[str]:
    translated = {
        key for key, entries in _entries().items() if any(map(_is_done, entries.values()))
    }
    # A plain entry isn't found by ngettext; one with a plural answers gettext too.
    counted = {
        key for key, entries in _entries().items() if any(e.msgid_plural for e in entries.values())
    }
    seen: set[tuple[str, str, str]] = set()
    for message in find_messages(CHECKOUT):
        if message.key in seen:
            continue
        if message.key in translated:
            if message.plural and message.key not in counted:
                seen.add(message.key)
                yield (
                    f"{_shown(message.path)}: {message.id!r} has a plural here, its translation "
                    f"none. Add msgid_plural {message.plural!r}, and msgstr[0] in place of msgstr"
                )
            continue
        seen.add(message.key)
        yield (
            f"{_shown(message.path)}: no translation of {message.id!r} in "
            f"{_shown(_catalogue_of(message))}. Add it: make messages, then fill msgstr"
        )


def _check_catalogues() -> Iterator[str]:
    for (_domain, _context, text), entries in sorted(_entries().items()):
        answers = {_text_of(entry) for entry in entries.values() if _is_done(entry)}
        if len(answers) > 1:
            files = ", ".join(_shown(path) for path in entries)
            yield f"{text!r} is translated in different ways in {files}. Keep one."
        for path, entry in entries.items():
            if entry.fuzzy:
                yield f"{_shown(path)}: {text!r} is marked fuzzy. Check it, remove the mark."
            if "no-python-format" in entry.flags:
                continue
            if _is_done(entry) and _placeholders(_text_of(entry)) != _placeholders(
                _source_of(entry)
            ):
                yield f"{_shown(path)}: {text!r} and its translation have other placeholders."


def _entries() -> dict[tuple[str, str, str], dict[Path, polib.POEntry]]:
    """Entries by domain (a server doesn't read the browser's), context and text, then by file."""
    found: dict[tuple[str, str, str], dict[Path, polib.POEntry]] = defaultdict(dict)
    for path in catalogues():
        for entry in polib.pofile(str(path)):
            if not entry.obsolete:
                found[path.stem, entry.msgctxt or "", entry.msgid][path] = entry
    return found


def _is_done(entry: polib.POEntry) -> bool:
    texts = entry.msgstr_plural.values() if entry.msgid_plural else [entry.msgstr]
    return bool(texts) and all(texts) and not entry.fuzzy


def _text_of(entry: polib.POEntry) -> str:
    return str(entry.msgstr_plural.get(0, "")) if entry.msgid_plural else str(entry.msgstr)


def _source_of(entry: polib.POEntry) -> str:
    # The singular may say "one" where the plural, and Chinese always, has the number.
    return str(entry.msgid_plural or entry.msgid)


def _placeholders(text: str) -> list[str]:
    return sorted(_PLACEHOLDER.findall(text.replace("%%", "")))


def _catalogue_of(message: Message) -> Path:
    folder = CHECKOUT / "fangxian" / message.room / "locale" / "zh_Hans" / "LC_MESSAGES"
    return folder / f"{message.domain}.po"


def _entry(message: Message) -> polib.POEntry:
    entry = polib.POEntry(
        msgid=message.id,
        msgctxt=message.context or None,
        occurrences=[(_shown(message.path), "")],
    )
    if message.plural:
        entry.msgid_plural = message.plural
        entry.msgstr_plural = {0: ""}
    if re.search(r"%\(\w+\)[sdif]|%[sdif]", message.id + message.plural):
        entry.flags.append("python-format")
    return entry


def _empty() -> polib.POFile:
    catalogue = polib.POFile(wrapwidth=100)
    catalogue.metadata = {
        "Language": "zh_Hans",
        "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=UTF-8",
        "Content-Transfer-Encoding": "8bit",
        "Plural-Forms": "nplurals=1; plural=0;",
    }
    return catalogue


def _in_traditional(catalogue: polib.POFile) -> polib.POFile:
    from opencc import OpenCC

    convert = OpenCC("s2tw").convert
    catalogue.metadata["Language"] = "zh_Hant"
    for entry in catalogue:
        entry.msgstr = convert(entry.msgstr)
        entry.msgstr_plural = {n: convert(text) for n, text in entry.msgstr_plural.items()}
    return catalogue


def _write(catalogue: polib.POFile, target: Path) -> None:
    """Whole or not at all: a server may be reading it."""
    target.parent.mkdir(parents=True, exist_ok=True)
    new = target.with_suffix(".mo.new")
    catalogue.save_as_mofile(str(new))
    new.replace(target)


def _is_newer(target: Path, source: Path) -> bool:
    return target.exists() and target.stat().st_mtime_ns >= source.stat().st_mtime_ns


def _shown(path: Path) -> str:
    return str(path.relative_to(CHECKOUT))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
