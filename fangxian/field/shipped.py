"""The forms that come with the product, so that a first sweep can be planned at once."""

from __future__ import annotations

import json
from pathlib import Path

from fangxian.field.models import FormDefinition

FORMS = Path(__file__).parent / "data" / "forms.json"


def load_forms(*, using: str) -> None:
    """Publish the shipped forms whose code is not there; later versions are made by hand."""
    forms = FormDefinition.objects.using(using)
    for row in json.loads(FORMS.read_text("utf-8")):
        if not forms.filter(code=row["code"]).exists():
            forms.create(version=1, source=FormDefinition.Source.SHIPPED, **row)
