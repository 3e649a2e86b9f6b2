#!/usr/bin/env python3
"""Times riparian beside Pywr 1 and Pywr 2 on the same basins, and prints a table of seconds and ratios.

    compare.py [--rounds N] [CASE ...]
    compare.py --members THREADS [--rounds N]

Run it from anywhere; it needs cargo, Python 3.10 or later and, the first time, the Python package index: both
Pywrs go into environments of their own under target/peers. In each round the three programs run one after
another, each in a process of its own on one thread; what is over quickly runs again until it has used a
second of the round, or ten times. Of each the least seconds of all rounds count.

Only the run counts, not loading and building. For the Pywrs it is processor time, for riparian time on the
clock, so that other work on the machine cannot make riparian look better than it is. "daily" rows include
writing the values of every day, demand, reservoir and sea to a CSV table.

With --members the two run the case medium a hundred times, with other inflows each time, on so many threads; by the
clock on several threads. Peak memory is printed too.
"""

import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys
import time
import venv

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
WORK = ROOT / "target" / "peers"
CASES = ["small", "medium", "cascade_10", "cascade_100", "cascade_1000"]
PYWRS = {
    "Pywr 2, clp": ("pywr2", "pywr==2.0.0rc1", "clp"),
    "Pywr 1, glpk-edge": ("pywr1", "pywr==1.31.1", "glpk-edge"),
}


def environment(name, requirement):
    folder = WORK / name
    python = folder / "bin" / "python"
    if not (folder / "ready").exists():
        venv.create(folder, clear=True, with_pip=True)
        install = [python, "-m", "pip", "install", "--quiet", requirement]
        subprocess.run(install, check=True)
        (folder / "ready").touch()
    return python


def documents():
    """Generates the cases anew each time, so that they are those of the scripts as they stand."""
    shutil.rmtree(WORK / "cases", ignore_errors=True)
    subprocess.run([sys.executable, HERE / "generate.py", WORK / "cases"], check=True)
    subprocess.run([sys.executable, HERE / "pywr_documents.py", WORK / "cases"], check=True)


def bench_binary(name="peer_run"):
    build = ["cargo", "bench", "--no-run", "--bench", name, "--message-format=json"]
    lines = subprocess.run(build, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout
    messages = map(json.loads, lines.splitlines())
    return [m["executable"] for m in messages if m.get("executable")][-1]


def seconds(command):
    run = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(run.stdout.splitlines()[-1])["run"]


def several(command):
    start = time.perf_counter()
    times = [seconds(command)]
    while len(times) < 10 and time.perf_counter() - start < 1:
        times.append(seconds(command))
    return times


def programs():
    binary = bench_binary()

    def riparian(case, daily):
        return [binary, case] + ([WORK / "riparian-daily.csv"] if daily else [])

    def pywr(name, requirement, solver):
        python = environment(name, requirement)

        def command(case, daily):
            document = WORK / "cases" / case / f"{name}{'-daily' if daily else ''}.json"
            return [python, HERE / f"run_{name}.py", document, solver]

        return command

    peers = {title: pywr(*how) for title, how in PYWRS.items()}
    return {"riparian": riparian} | peers


def members(threads, rounds):
    """Riparian and Pywr 2 in turn, a hundred members each."""
    name, requirement, solver = PYWRS["Pywr 2, clp"]
    document = WORK / "cases" / "medium" / "pywr2-members.json"
    commands = {
        "riparian": [bench_binary("ensemble_run"), "medium", "100", str(threads)],
        "Pywr 2, clp": [environment(name, requirement), HERE / "run_pywr2.py", document, solver, str(threads)],
    }
    found = {name: [] for name in commands}
    for _ in range(rounds):
        for name, command in commands.items():
            run = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
            line = json.loads(run.stdout.read().splitlines()[-1])
            _, status, used = os.wait4(run.pid, 0)
            if status != 0:
                sys.exit(f"{name} ended with {status}")
            found[name].append((line["run"], used.ru_maxrss / 1024, line))
    for name, runs in found.items():
        times = sorted(run for run, _, _ in runs)
        print(f"{name}: {times[0]:.3f} to {times[-1]:.3f} s, {max(memory for _, memory, _ in runs):.0f} MB", runs[0][2])
    least = {name: min(run for run, _, _ in runs) for name, runs in found.items()}
    print(f"ratio {least['Pywr 2, clp'] / least['riparian']:.1f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--members", type=int, metavar="THREADS")
    parser.add_argument("cases", nargs="*", default=CASES, metavar="CASE")
    options = parser.parse_args()
    WORK.mkdir(parents=True, exist_ok=True)
    documents()
    if options.members:
        return members(options.members, options.rounds)
    commands = programs()

    print(f"Least seconds of {options.rounds} rounds; ratios to riparian.\n")
    print(f"| case | output | {' | '.join(commands)} |")
    print(f"|---|---|{'---|' * len(commands)}")
    for case in options.cases:
        for daily in (False, True):
            times = {name: [] for name in commands}
            for _ in range(options.rounds):
                for name, command in commands.items():
                    times[name] += several(command(case, daily))
            least = {name: min(values) for name, values in times.items()}
            own = least["riparian"]
            cells = [f"{own:.5f}"]
            cells += [f"{least[name]:.4f} ({least[name] / own:.1f}x)" for name in PYWRS]
            print(f"| {case} | {'daily' if daily else 'none'} | {' | '.join(cells)} |", flush=True)


main()
