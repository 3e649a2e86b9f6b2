"""The ensemble that the recipes run: put yours in its place.

It is the uncertain season of the crate's own examples, to the same identity, so that shards written
here and by the crate's `run_shard` are parts of one whole.
"""

from pathlib import Path

import riparian

DATA = Path(__file__).resolve().parents[3] / "data"


def ensemble() -> riparian.Ensemble:
    """The season of 2024 by the protocols, as it might have been seen in March.

    The quantiles are assumed, to show what an ensemble does.
    """
    inflow = [
        (0.0, 0.60),
        (0.05, 0.72),
        (0.25, 0.88),
        (0.50, 1.00),
        (0.75, 1.13),
        (0.95, 1.35),
        (1.0, 1.60),
    ]
    demand = [(0.0, 0.92), (0.5, 1.0), (1.0, 1.10)]
    return riparian.Ensemble(
        riparian.Scenario.read(DATA / "bakhri-tochik-2024-protocol"),
        seed=2024,
        variations=[riparian.InflowFactor(inflow), riparian.DemandFactor(demand)],
        watch=[("bakhri-tochik", "storage")],
        keep="settlements",
    )
