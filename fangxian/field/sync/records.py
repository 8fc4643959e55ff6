"""The data of records that phones pull, as the protocol's document describes them.

Written by ``pulled.py``; here is what another app may count on. Day and time are ISO 8601.
"""

from __future__ import annotations

import datetime as dt
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, Field

from fangxian.field.sync.forms import CompiledQuestion, FormSchema, Tree


class Word(BaseModel):
    """A name in all languages: simplified and traditional Chinese, English."""

    zh: str
    hant: str
    en: str


class Coded(Word):
    """A code with its names."""

    code: str


class WordsData(BaseModel):
    """The names of codes, by code."""

    relations: dict[str, Word]
    residency_kinds: dict[str, Word]
    groups: dict[str, Word]
    sexes: dict[str, Word]
    states: dict[str, Word]


class GridData(BaseModel):
    """A place that the person may name. ``kind``: ``grid``, ``building``, ``village`` (also a
    community), ``town`` and so on.
    """

    code: str
    name: str
    kind: str


class OutcomeData(Coded):
    """What can be found at a door. ``key`` chooses it on a keyboard.

    ``closes``: the door is covered by it; ``asks``: the form is asked; ``met``: somebody was met;
    ``exception``: something is to be done; ``revisit_days``: come back after so many days.
    """

    key: str
    closes: bool
    asks: bool
    met: bool
    exception: bool
    revisit_days: int | None


class CampaignData(BaseModel):
    """A sweep under way. ``every_door``: the form is asked at every door, not of exceptions alone.

    Of this phone's doors ``targets`` are to be visited, ``visited`` and ``exempt`` are done.
    """

    name: str
    starts_on: dt.date
    ends_on: dt.date | None
    form_id: UUID
    every_door: bool
    outcomes: list[OutcomeData]
    targets: int
    visited: int
    exempt: int


class FormData(BaseModel):
    """A questionnaire. ``schema`` as it was written, in its languages; ``compiled`` with the trees
    of its logic, question by question; ``defaults``: by question the trees of answers that the
    form, or a new row, begins with.
    """

    code: str
    version: int
    name: str
    schema_: FormSchema = Field(alias="schema")
    compiled: list[CompiledQuestion]
    defaults: dict[str, Tree]


class DoorData(BaseModel):
    """A door of a sweep. ``order``: in which one walks; ``place_name``: its unit, where there are
    some; ``outcome``: the code of the last visit's, empty without one.
    """

    campaign_id: UUID
    household_id: UUID
    building: str
    place_name: str
    room: str
    order: int
    state: Literal["open", "visited", "exempt"]
    outcome: str
    visits: int
    due_on: dt.date | None


class HouseholdData(BaseModel):
    """A household; phones change ``state`` and ``note``. ``number`` is that of its ledger."""

    place_code: str
    building: str
    place_name: str
    room: str
    number: str
    address: str
    state: str
    note: str


class ResidentData(BaseModel):
    """Who lives in a household: no identity number, no phone number, no day of birth.

    ``groups``: codes of key groups. Phones change since when and where somebody is away, by an
    operation ``residency`` with this record's id.
    """

    household_id: UUID
    name: str
    sex: str
    birth_year: int | None
    relation: str
    kind: str
    groups: list[str]
    away_since: dt.date | None
    away_where: str


class TaskData(BaseModel):
    """A task of the phone's holder; ``object_type`` and ``object_id`` say what it is about."""

    kind: str
    label: str
    title: str
    due_at: dt.datetime | None
    place_code: str
    place_name: str
    object_type: str
    object_id: UUID | None
