"""Photos that are sent with a form's page: each gets the id that is the answer."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID, uuid5

from django.http import QueryDict
from django.utils.translation import gettext as _

from fangxian.common.errors import Problem
from fangxian.common.pictures import NoPicture, Picture, plain_picture
from fangxian.field.questionnaire.fields import PREFIX

# Of a photo, however it comes.
MOST_BYTES: Final = 10 * 1024 * 1024


def with_pictures(
    sent: QueryDict, files: Mapping[str, Any], op_id: UUID
) -> tuple[QueryDict, dict[UUID, Picture], list[Problem]]:
    """What was sent with the ids of the photos in place of the files; these; what is none.

    The same photo sent again with the same visit has the same id.
    """
    answers = sent.copy()
    pictures: dict[UUID, Picture] = {}
    problems: list[Problem] = []
    for name, file in files.items():
        path = name.removeprefix(f"{PREFIX}.")
        if path == name:
            continue
        try:
            if file.size > MOST_BYTES:
                raise NoPicture("too large")
            picture = plain_picture(file.read())
        except NoPicture:
            problems.append(
                Problem(
                    _("This is no photo that can be shown."),
                    field=path,
                    mend=_("Choose a JPEG, PNG or WebP picture of at most 10 MB."),
                    code="picture",
                )
            )
            continue
        photo_id = uuid5(op_id, f"{path} {hashlib.sha256(picture.data).hexdigest()}")
        pictures[photo_id] = picture
        answers[name] = str(photo_id)
    return answers, pictures, problems
