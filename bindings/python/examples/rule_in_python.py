"""A sharing rule written in Python, and checked against the laws of claims problems.

The rule is tried three ways: by `riparian.share`, which checks that awards are awards; against laws,
on problems that hypothesis makes up and shrinks to the smallest counterexample; and on the river, in
the form the network needs. All three call Python for every claim, which is slow and good enough to
try an idea. A rule that is to stay belongs in Rust.
"""

from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

import riparian

DATA = Path(__file__).resolve().parents[3] / "data"


def even_handed(estate: float, claims: list[float]) -> list[float]:
    """Half of the water in equal amounts, half in proportion to what is still asked for."""
    first = riparian.share("constrained-equal-awards", estate / 2, claims)
    still = [claim - award for claim, award in zip(claims, first, strict=True)]
    second = riparian.share("proportional", estate - sum(first), still)
    return [a + b for a, b in zip(first, second, strict=True)]


# Whole numbers shrink to counterexamples that a reader can follow.
CLAIMS: SearchStrategy[list[float]] = st.lists(
    st.integers(1, 1000).map(float), min_size=2, max_size=6
)
PARTS = st.integers(0, 100).map(lambda percent: percent / 100)


def near(a: float, b: float, scale: float) -> bool:
    return abs(a - b) <= 1e-9 * scale


@given(CLAIMS, PARTS)
@settings(deadline=None)
def feasible(claims: list[float], part: float) -> None:
    """None negative, none above its claim, together the estate: `share` raises if it is not so."""
    riparian.share(even_handed, part * sum(claims), claims)


@given(CLAIMS, PARTS)
@settings(deadline=None)
def equal_treatment(claims: list[float], part: float) -> None:
    """Equal claims get equal awards."""
    claims = [*claims, claims[0]]
    awards = riparian.share(even_handed, part * sum(claims), claims)
    assert near(awards[0], awards[-1], sum(claims))


@given(CLAIMS, PARTS)
@settings(deadline=None)
def order_preservation(claims: list[float], part: float) -> None:
    """Who claims more gets no less, and goes without no less."""
    claims = sorted(claims)
    awards = riparian.share(even_handed, part * sum(claims), claims)
    losses = [claim - award for claim, award in zip(claims, awards, strict=True)]
    slack = 1e-9 * sum(claims)
    for amounts in (awards, losses):
        assert all(low <= high + slack for low, high in zip(amounts, amounts[1:]))


@given(CLAIMS, PARTS, PARTS)
@settings(deadline=None)
def resource_monotonicity(claims: list[float], part: float, other: float) -> None:
    """More water, and nobody gets less."""
    less, more = sorted((part * sum(claims), other * sum(claims)))
    before = riparian.share(even_handed, less, claims)
    after = riparian.share(even_handed, more, claims)
    assert all(b <= a + 1e-9 * sum(claims) for b, a in zip(before, after, strict=True))


@given(CLAIMS, PARTS, PARTS)
@settings(deadline=None, print_blob=False)
def composition_up(claims: list[float], part: float, today: float) -> None:
    """Sharing today's water, and tomorrow's among what is still asked for, gives what sharing both
    at once would have given: only such rules are fit for every day."""
    estate = part * sum(claims)
    at_once = riparian.share(even_handed, estate, claims)
    first = riparian.share(even_handed, today * estate, claims)
    still = [claim - award for claim, award in zip(claims, first, strict=True)]
    second = riparian.share(even_handed, estate - sum(first), still)
    in_two = [a + b for a, b in zip(first, second, strict=True)]
    assert all(near(a, b, sum(claims)) for a, b in zip(at_once, in_two, strict=True))


LAWS = (feasible, equal_treatment, order_preservation, resource_monotonicity, composition_up)


def tested() -> dict[str, bool]:
    """Which laws no counterexample was found for."""
    holds: dict[str, bool] = {}
    for law in LAWS:
        try:
            law()
        except AssertionError:
            holds[law.__name__] = False
        else:
            holds[law.__name__] = True
    return holds


def half_equal(claim: float, weight: float, largest: float) -> list[tuple[float, float, float]]:
    """On the river: the first half of each claim in equal amounts, the second in proportion.

    The class has one level, which rises until the water is gone. Up to half of the largest claim an
    award grows with it, until it is half of its claim; then all second halves grow at once, each as
    fast as it is large.
    """
    half, top = claim / 2, largest / 2
    return [(0.0, half, 1.0), (top, top + 1.0, half)]


def main() -> None:
    claims = [2500.0, 300.0, 1200.0, 5000.0]
    print("6,000 Mm3 among KZ, KG, TJ and UZ:", riparian.share(even_handed, 6000.0, claims))
    for law, holds in tested().items():
        print(f"  {law:<24}{'no counterexample' if holds else 'broken'}")
    dry = riparian.Scenario.read(DATA / "bakhri-tochik-2024-protocol").with_storages(
        {"bakhri-tochik": 1000.0}
    )
    for name, scenario in (("as agreed", dry), ("half equal", dry.sharing_by(half_equal))):
        taken = scenario.run().offtakes().to_pandas().groupby("offtake")["delivered"].sum()
        print(f"\nTaken over the season, {name}, Mm3\n{(taken / 1e6).round(1).to_string()}")


if __name__ == "__main__":
    main()
