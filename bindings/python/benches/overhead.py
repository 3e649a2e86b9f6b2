"""What Python and Dask add to an ensemble: writes `BENCHMARKS.md` beside this folder.

    python bindings/python/benches/overhead.py [--members 1000] [--rounds 9] [--workers 2]

It measures the installed package, which must be a release build: `pip install './bindings/python[dask]'`.
The same work without Python is `benches/ensemble.rs`, which the script has cargo build. All that is
compared runs in turn within each round, and what is reported is the median of the rounds' ratios:
whatever else the machine does meanwhile falls on all alike.
"""

from __future__ import annotations

import argparse
import os
import pickle
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psutil
from distributed import Client, LocalCluster, wait

import riparian
import riparian.dask

HERE = Path(__file__).resolve().parents[1]
ROOT = HERE.parents[1]
SCENARIO = ROOT / "data/bakhri-tochik-2024-protocol"

# Tasks of next to no work, to time a task by.
TASKS = 400


def ensemble(
    keep: Any = "summaries", threads: int | None = None, end: str | None = None
) -> riparian.Ensemble:
    """That of `ensemble.rs`."""
    inflow = [(0.0, 0.6), (0.25, 0.88), (0.5, 1.0), (0.75, 1.13), (1.0, 1.6)]
    season = riparian.Scenario.read(SCENARIO)
    return riparian.Ensemble(
        season if end is None else season.over(season.start, end),
        2024,
        [
            riparian.InflowFactor(inflow),
            riparian.DemandFactor([(0.0, 0.92), (0.5, 1.0), (1.0, 1.1)]),
            riparian.InitialStorage("bakhri-tochik", [(0.0, 2500.0), (1.0, 3400.0)]),
        ],
        watch=[("bakhri-tochik", "storage")],
        keep=keep,
        threads=threads,
    )


class Rust:
    """The program without Python."""

    def __init__(self, program: Path | None, threads: int) -> None:
        if program is None:
            build = ["cargo", "build", "--release", "--locked", "--example", "ensemble"]
            environment = os.environ | {"CARGO_TARGET_DIR": str(target())}
            subprocess.run(build, cwd=HERE, env=environment, check=True)
            program = target() / "release/examples/ensemble"
        self.process = subprocess.Popen(
            [program, SCENARIO, str(threads)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, members: int) -> tuple[float, str]:
        assert self.process.stdin is not None and self.process.stdout is not None
        print(members, file=self.process.stdin, flush=True)
        seconds, digest = self.process.stdout.readline().split()
        return float(seconds), digest


def target() -> Path:
    return Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")).absolute()


def timed(run: Callable[[], riparian.Results]) -> tuple[float, str]:
    begun = time.perf_counter()
    results = run()
    took = time.perf_counter() - begun
    return took, results.digest()


def least(run: Callable[[], riparian.Results]) -> tuple[float, str]:
    """The shortest of a few times, for what takes milliseconds."""
    return min(timed(run) for _ in range(5))


def median(values: list[float]) -> float:
    return statistics.median(values)


def spread(values: list[float], digits: int = 3) -> str:
    """The median, and where the middle half of the rounds lie."""
    quartiles = statistics.quantiles(values, n=4)
    # Adding nothing makes 0.0 of -0.0.
    low, middle, high = (round(value, digits) + 0.0 for value in quartiles)
    return f"{middle:.{digits}f} ({low:.{digits}f} to {high:.{digits}f})"


def mib(amount: float) -> str:
    return f"{amount / 2**20:.0f} MiB"


def memory() -> int:
    return int(psutil.Process().memory_info().rss)


def worked() -> float:
    """The seconds that this process and all it started have computed so far."""
    us = psutil.Process()
    return sum(
        process.cpu_times().user + process.cpu_times().system
        for process in [us, *us.children(recursive=True)]
    )


def imported() -> tuple[int, int]:
    """What a process takes with Dask's worker, and with riparian too."""
    code = (
        "import psutil, distributed.worker, distributed.nanny; rss = lambda:"
        " psutil.Process().memory_info().rss; print(rss()); import riparian.dask; print(rss())"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    without, with_it = map(int, said.stdout.split())
    return without, with_it


def on_first(client: Client, what: Callable[[], int]) -> int:
    answers: Any = client.run(what)
    return int(next(iter(answers.values())))


def main() -> None:
    parser = argparse.ArgumentParser(description="Measures what Python and Dask add.")
    parser.add_argument("--members", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--program", type=Path, help="ensemble.rs, if it is built already")
    parser.add_argument("--out", type=Path, default=HERE / "BENCHMARKS.md")
    told = parser.parse_args()
    members, workers = told.members, told.workers
    rust = Rust(told.program, workers)
    begun = time.perf_counter()
    with (
        LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=":0") as cluster,
        Client(cluster) as client,
    ):
        client.wait_for_workers(workers)
        started = time.perf_counter() - begun
        text = measure(rust, client, members, told.rounds, workers)
        full = on_first(client, memory)
    idle, ready = imported()
    text += f"""
## Memory of a worker

A process with Dask's worker takes {mib(idle)}, {mib(ready)} with riparian imported, and a worker
{mib(full)} after all of the above. {kept()}
The ensemble itself travels as {len(pickle.dumps(ensemble())) / 1024:.0f} KiB.

Starting the {workers} workers took {started:.1f} s.
"""
    told.out.write_text(head(told) + text)
    print(told.out.read_text())


def measure(rust: Rust, client: Client, members: int, rounds: int, workers: int) -> str:
    python = ensemble(threads=workers)
    single = ensemble(threads=1)
    # One day: next to nothing but what a task costs.
    tiny = ensemble(end="2024-04-01")
    many = min(256, members)
    ways: dict[str, Callable[[], tuple[float, str]]] = {
        "rust": lambda: rust.run(members),
        "python": lambda: timed(lambda: python.run(members)),
        "few": lambda: timed(
            lambda: riparian.dask.run(python, members, tasks=workers, client=client)
        ),
        "usual": lambda: timed(lambda: riparian.dask.run(python, members, client=client)),
        "many": lambda: timed(lambda: riparian.dask.run(python, members, tasks=many, client=client)),
        "one": lambda: least(lambda: single.run(1)),
        "eleven": lambda: least(lambda: single.run(11)),
        "tiny": lambda: timed(
            lambda: riparian.dask.run(tiny, TASKS, tasks=TASKS, client=client)
        ),
        "tiny few": lambda: timed(
            lambda: riparian.dask.run(tiny, TASKS, tasks=workers, client=client)
        ),
    }
    for way in ways.values():
        way()
    took: dict[str, list[float]] = {name: [] for name in ways}
    computed: dict[str, list[float]] = {name: [] for name in ways}
    digests: set[str] = set()
    sent: list[float] = []
    for number in range(rounds):
        # Another order each time, so that none always follows the same.
        names = list(ways)
        names = names[number % len(names) :] + names[: number % len(names)]
        for name in names:
            before = worked()
            seconds, digest = ways[name]()
            took[name].append(seconds)
            computed[name].append(worked() - before)
            if name in ("rust", "python", "few", "usual", "many"):
                digests.add(digest)
        sent.append(sending(client))
    assert len(digests) == 1, digests

    def row(way: str) -> str:
        """The ratios of a way to the program without Python."""

        def ratio(of: dict[str, list[float]]) -> str:
            return spread([a / b for a, b in zip(of[way], of["rust"], strict=True)])

        return f"{ratio(took)} | {ratio(computed)}"

    # All workers are busy, so that what tasks add falls on them side by side.
    added = [
        1e3 * workers * (a - b) / (TASKS - workers)
        for a, b in zip(took["tiny"], took["tiny few"], strict=True)
    ]
    member = [1e3 * workers * seconds / members for seconds in took["rust"]]
    begin = [
        1e3 * (one - (eleven - one) / 10)
        for one, eleven in zip(took["one"], took["eleven"], strict=True)
    ]
    # Two machines: n m / c alone; m n / 2 c and what Dask adds, with the other.
    usual = 8 * 2 * workers
    cost = median(added) + median(begin)
    fixed = median(sent) + usual * cost / 1e3 / (2 * workers)
    pays = fixed / (median(member) / 1e3 / workers / 2)
    minute = 60.0 + fixed
    pays_started = minute / (median(member) / 1e3 / workers / 2)
    return f"""
## Throughput

{members:,} members on {workers} cores in each run; {median(member):.1f} ms of a core for a member. Without Python, the time on the clock and
the time that cores computed (of workers, scheduler and client together) are 1. The second hardly feels other work on
the machine; the first is longer where one worker waits for another.

| Way | On the clock | Computed |
| --- | --- | --- |
| `Ensemble.run`, {workers} threads | {row("python")} |
| `riparian.dask.run`, {workers} workers, {workers} tasks | {row("few")} |
| `riparian.dask.run`, {workers} workers, {8 * workers} tasks, as it is unless told | {row("usual")} |
| `riparian.dask.run`, {workers} workers, {many} tasks of {members // many} members | {row("many")} |

All gave the digest `{digests.pop()[:16]}…`.

## A task

A task adds {spread(added, 1)} ms to the work of a core: its way to the worker, its share of the merges, and its
start, here with a season of one day. With the whole season, `Ensemble.run` takes {spread(begin, 1)} ms to begin, for threads and
a copy of the plan. So tasks of {max(1, round(20 * cost / median(member))):,} members or more cost less than 5 %.

The first task of an ensemble on a worker has to wait {spread(sent, 2)} s until the ensemble is there and compiled.

## When a second machine pays

Two machines with {workers} cores each, and {usual} tasks: what Dask adds is {fixed:.2f} s. Against half of the time of one
machine, that is earned back from {pays:,.0f} members on, {pays * median(member) / 1e3 / workers:.1f} s of work for one machine; and if workers
have to be started first, for which a minute is assumed, from {pays_started:,.0f} members on.
The network between them is not in these numbers: both ends were on one machine. What goes over it is in the next
section.
"""


def sending(client: Client) -> float:
    """How long a worker waits for an ensemble it does not know: one that differs by its seed."""
    sending.seed += 1  # type: ignore[attr-defined]
    scenario = riparian.Scenario.read(SCENARIO)
    other = riparian.Ensemble(scenario, sending.seed, keep="summaries")  # type: ignore[attr-defined]
    begun = time.perf_counter()
    future = client.submit(held, other, pure=False)
    wait(future)
    return time.perf_counter() - begun


sending.seed = 0  # type: ignore[attr-defined]


def held(whole: riparian.Ensemble) -> str:
    return whole.identity


def kept() -> str:
    """What results take on their way between processes."""
    sizes = []
    for keep in ("summaries", "settlements", "days"):
        part = len(pickle.dumps(ensemble(keep).run(100)))
        sizes.append((keep, part, len(pickle.dumps(ensemble(keep).run(200))) - part))
    rows = "\n".join(
        f"| `{keep}` | {first / 1024:.0f} KiB | {more / 1024:.0f} KiB |" for keep, first, more in sizes
    )
    return f"""Results on their way take

| Kept | For a hundred members | For each hundred more |
| --- | --- | --- |
{rows}
"""


def head(told: argparse.Namespace) -> str:
    commit = subprocess.run(
        ["git", "-C", ROOT, "describe", "--always", "--dirty", "--exclude", "*"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    return f"""# What Python and Dask add

Made by `benches/overhead.py --members {told.members} --rounds {told.rounds} --workers {told.workers}`, which makes it again. Commit {commit},
{date.today():%Y-%m-%d}, {os.cpu_count()} cores, load {os.getloadavg()[2]:.0f} in the quarter of an hour before the end, Python {platform.python_version()},
Dask {version("dask")}. Numbers are medians over the rounds, and in brackets where the middle half of them lie. All ways
take turns within a round, so that ratios hold where the machine has other work too; the times themselves do not.
"""


if __name__ == "__main__":
    main()
