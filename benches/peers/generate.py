#!/usr/bin/env python3
"""Writes basins that other simulators run too, for comparing results and speed.

    generate.py OUT

fills OUT/<case>/ with `spec.json` (nodes with their limits and costs, and edges) and `inflow.csv`
(one column a source, one row a day). Volumes are in Mm3, flows in Mm3 a day. The lower the cost,
the more senior the use; for reservoirs, the sooner one keeps water that nobody takes. Only Python's
standard library is used, whose seeded generator gives the same numbers everywhere.
"""

import csv
import datetime
import json
import math
import pathlib
import random
import sys

# Irrigation through the year, as a multiple of its mean.
IRRIGATION = [0.10, 0.15, 0.40, 0.90, 1.60, 2.20, 2.40, 2.10, 1.20, 0.50, 0.25, 0.20]


class Case:
    def __init__(self, name, first_year, last_year):
        self.name = name
        self.start = datetime.date(first_year, 1, 1)
        self.days = (datetime.date(last_year + 1, 1, 1) - self.start).days
        self.nodes = []
        self.edges = []

    def add(self, name, kind, **facts):
        self.nodes.append({"name": name, "kind": kind, **facts})
        return name

    def demand(self, name, base, profile, cost, country):
        monthly = base_by_month(base, profile)
        return self.add(name, "demand", monthly=monthly, cost=cost, country=country)

    def chain(self, *names):
        self.edges += zip(names, names[1:])

    def dates(self):
        return (self.start + datetime.timedelta(days=n) for n in range(self.days))

    def write(self, out):
        folder = out / self.name
        folder.mkdir(parents=True)
        sources = [node for node in self.nodes if node["kind"] == "inflow"]
        series = [inflow(self.dates(), node["mean"], i) for i, node in enumerate(sources)]
        with open(folder / "inflow.csv", "w", newline="") as file:
            table = csv.writer(file, lineterminator="\n")
            table.writerow(["date"] + [node["name"] for node in sources])
            table.writerows(zip(self.dates(), *series))
        spec = {
            "name": self.name,
            "start": self.start.isoformat(),
            "days": self.days,
            "nodes": self.nodes,
            "edges": self.edges,
        }
        (folder / "spec.json").write_text(json.dumps(spec, indent=1))


def base_by_month(base, profile):
    return [round(base * factor, 6) for factor in profile] if profile else [base] * 12


def inflow(dates, mean, number):
    """Snow melt in summer, times day-to-day noise with memory, times wet and dry years."""
    dice = random.Random(1000 + number)
    peak = 150 + number * 5 % 40
    day_noise = year_noise = 0.0
    year = None
    for date in dates:
        if date.year != year:
            year = date.year
            year_noise = 0.5 * year_noise + dice.gauss(0, 0.25)
        day_noise = 0.9 * day_noise + dice.gauss(0, 0.12)
        phase = 2 * math.pi * (date.timetuple().tm_yday - peak) / 365.25
        season = 1 + 0.85 * math.cos(phase)
        yield round(mean * season * math.exp(day_noise + year_noise - 0.07), 4)


def shuffled(count, dice):
    order = list(range(count))
    dice.shuffle(order)
    return order


def small():
    case = Case("small", 1901, 2000)
    case.add("c1", "inflow", mean=60.0)
    case.add("res1", "reservoir", min=200.0, max=3000.0, initial=1800.0, cost=-1.0)
    case.add("r1", "junction")
    case.add("g1", "gauge", least=8.0, cost=-1000.0)
    case.demand("d1", 10.0, None, -500.0, "A")
    case.demand("d2", 25.0, IRRIGATION, -300.0, "B")
    case.demand("d3", 20.0, None, -100.0, "C")
    case.add("sea", "sink")
    case.chain("c1", "res1", "r1", "g1", "sea")
    for name in ("d1", "d2", "d3"):
        case.chain("r1", name)
    return case


def medium():
    case = Case("medium", 2001, 2010)
    rank = shuffled(20, random.Random(7))
    capacity = [5000.0, 1200.0, 2500.0, 800.0, 3500.0, 600.0]
    mean = [40.0, 8.0, 15.0, 6.0, 12.0, 5.0]
    demands = [3, 3, 4, 3, 4, 3]
    least = {2: 10.0, 3: 12.0, 5: 15.0, 6: 18.0}
    country = "AABBCD"
    before = None
    k = 0
    for i in range(1, 7):
        full = capacity[i - 1]
        case.add(f"c{i}", "inflow", mean=mean[i - 1])
        case.add(
            f"res{i}",
            "reservoir",
            min=round(full * 0.05, 3),
            max=full,
            initial=round(full * 0.6, 3),
            cost=round(-1.0 - 0.01 * (7 - i), 4),
        )
        case.add(f"r{i}", "junction")
        case.chain(f"c{i}", f"res{i}", f"r{i}")
        if before:
            case.chain(before, f"res{i}")
        for _ in range(demands[i - 1]):
            k += 1
            base = round(3.2 + 0.2 * (k % 7), 3)
            profile = IRRIGATION if k % 3 else None
            case.demand(f"d{k}", base, profile, -100.0 - 20.0 * rank[k - 1], country[i - 1])
            case.chain(f"r{i}", f"d{k}")
        before = f"r{i}"
        if i in least:
            case.add(f"g{i}", "gauge", least=least[i], cost=-1000.0)
            case.chain(before, f"g{i}")
            before = f"g{i}"
    case.add("sea", "sink")
    case.chain(before, "sea")
    return case


def cascade(size):
    """Cells in a row, each a source, a reservoir, a tributary below it and a demand; then the sea."""
    case = Case(f"cascade_{size}", 2001, 2001)
    cells = size // 5
    rank = shuffled(cells, random.Random(size))
    before = None
    for i in range(1, cells + 1):
        case.add(f"c{i}", "inflow", mean=round(4.0 + i * 7 % 5, 3))
        case.add(f"t{i}", "inflow", mean=round(1.0 + i * 3 % 4 * 0.5, 3))
        case.add(
            f"res{i}",
            "reservoir",
            min=20.0,
            max=400.0 + 50.0 * (i % 6),
            initial=250.0,
            cost=round(-1.0 - 0.001 * (cells + 1 - i), 5),
        )
        case.add(f"r{i}", "junction")
        base = round(7.0 + i % 5 * 0.5, 3)
        country = "ABCDE"[min(4, 5 * (i - 1) // cells)]
        profile = IRRIGATION if i % 2 else None
        case.demand(f"d{i}", base, profile, -100.0 - 2.0 * rank[i - 1], country)
        case.chain(f"c{i}", f"res{i}", f"r{i}", f"d{i}")
        case.chain(f"t{i}", f"r{i}")
        if before:
            case.chain(before, f"res{i}")
        before = f"r{i}"
    case.add("sea", "sink")
    case.chain(before, "sea")
    return case


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    out = pathlib.Path(sys.argv[1])
    for case in (small(), medium(), cascade(10), cascade(100), cascade(1000)):
        case.write(out)


main()
