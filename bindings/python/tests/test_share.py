"""Claims shared by rules: the crate's, and those of the user's own."""

from __future__ import annotations

import struct
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import riparian

OPTIONS: dict[str, dict[str, Any]] = {
    "weighted-equal-awards": {"weights": [1.0, 2.0, 3.0]},
    "weighted-equal-losses": {"weights": [1.0, 2.0, 3.0]},
    "nash-harsanyi": {"weights": [1.0, 2.0, 3.0], "disagreement": [10.0, 0.0, 0.0]},
    "priority": {"order": [2, 0, 1]},
}


def test_the_mishnahs_widows(expected: dict[str, Any]) -> None:
    awards = riparian.share("talmud", 200.0, [100.0, 200.0, 300.0])
    assert awards == [50.0, 75.0, 75.0]
    assert [struct.pack(">d", award).hex() for award in awards] == expected["talmud"]


@pytest.mark.parametrize("rule", riparian.rule_names())
def test_every_rule_shares(rule: str) -> None:
    claims = np.array([100.0, 200.0, 300.0])
    awards = riparian.share(rule, 350.0, claims, **OPTIONS.get(rule, {}))
    assert sum(awards) == pytest.approx(350.0)
    assert all(0.0 <= award <= claim for award, claim in zip(awards, claims, strict=True))


def test_a_senior_is_served_first() -> None:
    assert riparian.share("priority", 350.0, [100.0, 200.0, 300.0], order=[2, 0, 1]) == [
        50.0,
        0.0,
        300.0,
    ]


def test_names_of_rules() -> None:
    assert "proportional" in riparian.rule_names()
    assert "random-arrival" in riparian.rule_names()
    assert "random-arrival" not in riparian.network_rules()


def test_what_cannot_be_shared() -> None:
    with pytest.raises(riparian.RuleError, match="did you mean `proportional`"):
        riparian.share("proportionel", 1.0, [2.0])
    with pytest.raises(riparian.RuleError, match="nothing is short"):
        riparian.share("proportional", 3.0, [2.0])
    with pytest.raises(riparian.RuleError, match="claim 2 is -1"):
        riparian.share("proportional", 1.0, [2.0, -1.0])
    with pytest.raises(TypeError, match="takes no weights"):
        riparian.share("proportional", 1.0, [2.0], [1.0])
    with pytest.raises(TypeError, match="needs weights"):
        riparian.share("weighted-equal-awards", 1.0, [2.0])
    with pytest.raises(TypeError, match="a callable` takes no order"):
        riparian.share(lambda estate, claims: claims, 1.0, [2.0], order=[0])
    with pytest.raises(riparian.RuleError):
        riparian.share("priority", 1.0, [2.0, 2.0], order=[0, 0])


def test_a_rule_that_cheats_is_caught() -> None:
    def half(estate: float, claims: list[float]) -> list[float]:
        return [claim / 2 for claim in claims]

    assert riparian.share(half, 1.5, [1.0, 2.0]) == [0.5, 1.0]
    with pytest.raises(riparian.RuleError, match="half` awards 1.5 in all, of an estate of 1"):
        riparian.share(half, 1.0, [1.0, 2.0])
    with pytest.raises(TypeError, match="callable"):
        riparian.share(3, 1.0, [2.0])  # type: ignore[arg-type]


@given(st.lists(st.floats(0.0, 1e6), min_size=1, max_size=8), st.floats(0.0, 1.0))
def test_proportional_is_that_of_numpy(claims: list[float], part: float) -> None:
    estate = part * sum(claims)
    awards = riparian.share("proportional", estate, claims)
    assert awards == pytest.approx((part * np.array(claims)).tolist(), rel=1e-9, abs=1e-9)
