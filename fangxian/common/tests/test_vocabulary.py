"""Names of codes for readers who choose the language later."""

from __future__ import annotations

from typing import Any

from fangxian.common.vocabulary import in_all_languages


def test_every_name_gets_traditional_characters_and_nothing_else_changes() -> None:
    rules: dict[str, Any] = {
        "fever": 37.3,
        "gates": ({"code": "road", "zh": "道路卡口", "en": "Road checkpoint", "asks": ["plate"]},),
        "zh": None,
    }
    assert in_all_languages(rules) == {
        "fever": 37.3,
        "gates": [
            {
                "code": "road",
                "zh": "道路卡口",
                "hant": "道路卡口",
                "en": "Road checkpoint",
                "asks": ["plate"],
            }
        ],
        "zh": None,
    }
    assert in_all_languages({"zh": "户主"}) == {"zh": "户主", "hant": "戶主"}
    assert "hant" not in rules["gates"][0]
