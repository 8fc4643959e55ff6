"""Equal to what the field's own tools compute."""

from __future__ import annotations

from typing import Any

import pytest

from fangxian_methods.detection import detect
from fangxian_methods.detection.tests.golden import observed, same

CASES: list[tuple[str, str, dict[str, Any], str]] = [
    ("agona", "ears_c1", {}, "earsC_C1_agona_baseline7_minSigma0_alpha0.001.csv"),
    ("newport", "ears_c1", {}, "earsC_C1_newport_baseline7_minSigma0_alpha0.001.csv"),
    ("agona", "ears_c2", {}, "earsC_C2_agona_baseline7_minSigma0_alpha0.001.csv"),
    ("agona", "ears_c2", {"baseline": 28, "min_sigma": 0.5, "alpha": 0.01},
     "earsC_C2_agona_baseline28_minSigma0.5_alpha0.01.csv"),
    ("newport", "ears_c2", {}, "earsC_C2_newport_baseline7_minSigma0_alpha0.001.csv"),
    ("agona", "ears_c3", {}, "earsC_C3_agona_baseline7_minSigma0_alpha0.025.csv"),
    ("newport", "ears_c3", {}, "earsC_C3_newport_baseline7_minSigma0_alpha0.025.csv"),
    ("agona", "rki", {}, "rki_agona_b2_w4_actYFALSE_range209-312.csv"),
    ("agona", "bayes", {}, "bayes_agona_b2_w6_actYTRUE_alpha0.05_range209-312.csv"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "method", "parameters", "file"), CASES,
                         ids=[file.split("_alpha")[0] for _n, _m, _p, file in CASES])  # fmt: skip
def test_bounds_and_alarms(name: str, method: str, parameters: dict[str, Any], file: str) -> None:
    names, counts = observed(name)
    same(detect(method, counts, **parameters), names, file)
