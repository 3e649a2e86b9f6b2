#!/usr/bin/env python3
"""Runs the models of this folder in Pywr and writes what it gave.

    pip install pywr==1.31.1
    run_pywr.py [--flows]

For each model writes `<model>-expected.csv`: by day, the flow of every output and gauge and the
volume of every storage, in the model's units. With --flows, first writes the inflows that the
models read, `flows.csv` and `flows-uk.csv`, which holds the same in another form; a seeded generator
gives the same numbers everywhere.
"""

import csv
import datetime
import json
import math
import pathlib
import random
import sys

FOLDER = pathlib.Path(__file__).parent
MODELS = ["pumped-lake", "one-reservoir", "two-valleys", "small-things", "jealous-lake", "licensed-towns"]
# The member of each scenario that the test imports.
MEMBERS = {"growth": 2}


def flow(dates, mean, dry, seed):
    """Winter floods and summer droughts, times noise with memory; `dry` is the year without rain."""
    dice = random.Random(seed)
    noise = 0.0
    for date in dates:
        noise = 0.93 * noise + dice.gauss(0, 0.16)
        phase = 2 * math.pi * (date.timetuple().tm_yday - 20) / 365.25
        season = 1 + 0.75 * math.cos(phase)
        year = 0.45 if date.year == dry else 1.0
        yield round(mean * season * year * math.exp(noise - 0.09), 3)


def write_flows():
    first = datetime.date(2001, 1, 1)
    dates = [first + datetime.timedelta(days=n) for n in range(1461)]
    oak = list(flow(dates, 24.0, 2003, 1))
    elm = list(flow(dates, 16.0, 2003, 2))
    ash = list(flow(dates, 11.0, 2003, 3))
    with open(FOLDER / "flows.csv", "w", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(["date", "oak_m3s", "elm_m3s"])
        table.writerows(zip(dates, oak, elm))
    with open(FOLDER / "flows-uk.csv", "w", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(["Day", "Ash m3/s", "Elm m3/s"])
        table.writerows((date.strftime("%d/%m/%Y"), a, e) for date, a, e in zip(dates, ash, elm))


def watched(document):
    for node in document["nodes"]:
        kind = node["type"].lower()
        if kind in ("output", "rivergauge"):
            yield node["name"], "numpyarraynode"
        elif kind in ("storage", "reservoir"):
            yield node["name"], "numpyarraystorage"


def run(name):
    from pywr.model import Model

    document = json.loads((FOLDER / f"{name}.json").read_text())
    names = list(watched(document))
    document["recorders"] = {f"day of {node}": {"type": kind, "node": node} for node, kind in names}
    sizes = [(s["name"], s["size"]) for s in document.get("scenarios", [])]
    model = Model.load(document, path=str(FOLDER))
    model.run()
    column = 0
    for scenario, size in sizes:
        column = column * size + MEMBERS[scenario]
    days = [model.recorders[f"day of {node}"].data[:, column] for node, _ in names]
    with open(FOLDER / f"{name}-expected.csv", "w", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow([node for node, _ in names])
        table.writerows([f"{value:.10g}" for value in row] for row in zip(*days))


def main():
    if sys.argv[1:] == ["--flows"]:
        write_flows()
    elif sys.argv[1:]:
        sys.exit(__doc__)
    for name in MODELS:
        run(name)


if __name__ == "__main__":
    main()
