"""Rule sets: read the one in force, register the shipped ones, add a version."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils import timezone
from django.utils.translation import gettext as _

from fangxian.common import access
from fangxian.common.actions import action
from fangxian.common.actor import Actor
from fangxian.common.errors import Invalid, Problem
from fangxian.common.vocabulary import in_language
from fangxian.core.models import RuleSet

Validator = Callable[[Any], None]


@dataclass(frozen=True)
class Rule:
    """A version of a rule set: a decision stores ``version``."""

    name: str
    version: int
    source: str
    valid_from: dt.date
    data: Any


class NoRule(LookupError):
    """No version of the rule set holds on that day."""


_shipped: list[Path] = []
_validators: dict[str, Validator] = {}


def register_shipped(path: Path) -> None:
    """Register a JSON file of rule sets that come with a room (in its ``ready()``).

    The file holds one object or a list: ``{"name", "title", "version", "source", "valid_from",
    "data"}``; ``title`` is the name that people read, ``{"zh", "en"}``.
    They are loaded after each migrate. A changed rule needs a new ``version``.
    """
    if path not in _shipped:
        _shipped.append(path)


def register_validator(name: str, validator: Validator) -> None:
    """Register what checks the data of new versions of ``name``; it raises Invalid.

    Each shipped rule set has one: what reads a rule may trust its shape.
    """
    _validators[name] = validator


def validator_of(name: str) -> Validator | None:
    """What checks the data of new versions of ``name``."""
    return _validators.get(name)


def rule(name: str, on: dt.date | None = None) -> Rule:
    """Return the version of ``name`` that holds on a day (default today). One query a transaction.

    Of several that hold from the same day the latest version counts. Raises NoRule.
    """
    day = on or timezone.localdate()
    memory = access.memory()
    known: Rule | None = memory.get(("rule", name, day))
    if known is not None:
        return known
    found = (
        RuleSet.objects.filter(name=name, valid_from__lte=day)
        .order_by("-valid_from", "-version")
        .first()
    )
    if found is None:
        raise NoRule(f"no rule set {name!r} holds on {day}; load it or add a version")
    read = memory["rule", name, day] = _as_rule(found)
    return read


def rule_version(name: str, version: int) -> Rule:
    """Return a certain version, as a decision names it. Raises NoRule."""
    found = RuleSet.objects.filter(name=name, version=version).first()
    if found is None:
        raise NoRule(f"rule set {name!r} has no version {version}")
    return _as_rule(found)


def _as_rule(row: RuleSet) -> Rule:
    return Rule(row.name, row.version, row.source, row.valid_from, row.data)


def shipped() -> list[dict[str, Any]]:
    """The registered rule sets as they stand in their files."""
    rows: list[dict[str, Any]] = []
    for path in _shipped:
        data = json.loads(path.read_text("utf-8"))
        rows += data if isinstance(data, list) else [data]
    return rows


def titles() -> dict[str, str]:
    """What people call the shipped rule sets, by name, in the reader's language."""
    return {row["name"]: in_language(**row["title"]) for row in shipped()}


def load_shipped(*, using: str) -> int:
    """Add the shipped versions that are missing. Returns how many.

    Raises ImproperlyConfigured when a shipped version was changed after it had been loaded:
    decisions point at it.
    """
    added = 0
    rules = RuleSet.objects.using(using)
    for row in sorted(shipped(), key=lambda r: (r["name"], r["version"])):
        known = rules.filter(name=row["name"], edition=row["version"]).first()
        if known is not None:
            if known.data != row["data"]:
                raise ImproperlyConfigured(
                    f"rule set {row['name']!r} version {row['version']} was changed after it had "
                    "been loaded; give the changed rule a new version"
                )
            continue
        latest = rules.filter(name=row["name"]).order_by("-version").first()
        rules.create(
            name=row["name"],
            version=(latest.version if latest else 0) + 1,
            edition=row["version"],
            source=row["source"],
            valid_from=dt.date.fromisoformat(row["valid_from"]),
            data=row["data"],
        )
        added += 1
    return added


@action
def add_rule_version(
    *, by: Actor, name: str, data: Any, source: str, valid_from: dt.date
) -> RuleSet:
    """Add a version of a known rule set. Raises Invalid (unknown, no source, data refused)."""
    by.require("core.rules", settings.FANGXIAN_AREA)
    latest = RuleSet.objects.filter(name=name).order_by("-version").first()
    check = validator_of(name)
    if latest is None or check is None:
        raise Invalid(Problem(_("There is no such rule set."), field="name"))
    if not source.strip():
        raise Invalid(Problem(_("Name the document the rule comes from."), field="source"))
    check(data)
    access.memory().clear()
    return RuleSet.objects.create(
        name=name,
        version=latest.version + 1,
        source=source,
        valid_from=valid_from,
        data=data,
        made_by=by.name,
    )
