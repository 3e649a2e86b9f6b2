"""100,000 seasons on the workers of this machine: the odds of each obligation, and how full the
lake may be.

    python hundred_thousand.py [--members 100000] [--workers 2] [--out hundred_thousand.svg]

`Client("tcp://scheduler:8786")` in place of the cluster takes the workers of many machines; nothing
else changes, not even the last bit of the results.
"""

import argparse
import os
from pathlib import Path

import matplotlib.pyplot as plt
from distributed import Client, LocalCluster, progress

import riparian
import riparian.dask

DATA = Path(__file__).resolve().parents[3] / "data"


def ensemble() -> riparian.Ensemble:
    """Rivers bring more or less than in 2024, users ask for a little more or less, and the lake
    begins as it might. The quantiles are assumed."""
    return riparian.Ensemble(
        riparian.Scenario.read(DATA / "bakhri-tochik-2024-protocol"),
        seed=2024,
        variations=[
            riparian.InflowFactor([(0.0, 0.6), (0.25, 0.88), (0.5, 1.0), (0.75, 1.13), (1.0, 1.6)]),
            riparian.DemandFactor([(0.0, 0.92), (0.5, 1.0), (1.0, 1.1)]),
            riparian.InitialStorage("bakhri-tochik", [(0.0, 2500.0), (1.0, 3400.0)]),
        ],
        watch=[("bakhri-tochik", "storage")],
        # Counts and histograms: the memory is the same for any number of members.
        keep="summaries",
    )


def draw(summary: riparian.Summary, file: Path) -> None:
    """The lake day by day: the middle, and where nine members of ten and half of them are."""
    bands = summary.bands([0.05, 0.25, 0.5, 0.75, 0.95]).to_pandas()
    days = bands["date"].astype("datetime64[s]")
    figure, axes = plt.subplots(figsize=(10, 4))
    for low, high, shade in (("q5", "q95", 0.2), ("q25", "q75", 0.4)):
        axes.fill_between(days, bands[low] / 1e6, bands[high] / 1e6, color="C0", alpha=shade, lw=0)
    axes.plot(days, bands["q50"] / 1e6, color="C0")
    axes.set(title=f"Bakhri Tochik in {summary.members:,} seasons", ylabel="storage, Mm3")
    axes.set_ylim(bottom=0.0)
    figure.savefig(file)


def main() -> None:
    parser = argparse.ArgumentParser(description="Many seasons on a local cluster.")
    parser.add_argument("--members", type=int, default=100_000)
    parser.add_argument("--workers", type=int, default=os.cpu_count())
    parser.add_argument("--out", type=Path, default=Path("hundred_thousand.svg"))
    told = parser.parse_args()
    with (
        LocalCluster(n_workers=told.workers, threads_per_worker=1, dashboard_address=":0") as cluster,
        Client(cluster) as client,
    ):
        future = riparian.dask.submit(ensemble(), told.members, client=client)
        progress(future, notebook=False)
        results = future.result()
    summary = results.summary()
    odds = summary.obligations().to_pandas()
    print()
    print(odds.to_string(index=False))
    print(f"{results.members} members, {len(results.failed)} failed\ndigest {results.digest()}")
    draw(summary, told.out)


if __name__ == "__main__":
    main()
