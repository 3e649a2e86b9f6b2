#!/usr/bin/env python3
"""Proves with HiGHS, on many random basins, that no claim that was cut could have got more.

    check.py [--count N] [--seed N]

For each claim that was not served in full a linear programme over the flows in all arcs and all awards asks for
the most it could get while seniors keep their awards, and classmates too unless they are served better. That
must be what it got. The programme knows arcs, capacities and losses, and nothing of how the solver works.

Needs cargo and, the first time, the Python package index: `highspy` goes into target/certificate.
"""

import argparse
import json
import math
import os
import pathlib
import subprocess
import sys
import venv

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
ENVIRONMENT = ROOT / "target" / "certificate"
# Forbearance for rounding in awards held fixed, as a part of the volumes of the basin.
SLACK = 1e-9
# How much more than its award a claim may seem able to get: the tolerance of the linear programme and what
# SLACK can add up to on the way.
CLOSE = 1e-6


def with_highs():
    """Starts this script again in an environment that has HiGHS."""
    python = ENVIRONMENT / "bin" / "python"
    if not (ENVIRONMENT / "ready").exists():
        venv.create(ENVIRONMENT, clear=True, with_pip=True)
        install = [python, "-m", "pip", "install", "--quiet", "highspy==1.16.0"]
        subprocess.run(install, check=True)
        (ENVIRONMENT / "ready").touch()
    os.execv(python, [python, __file__, *sys.argv[1:]])


try:
    import highspy
    import numpy
except ImportError:
    with_highs()


class Basin:
    def __init__(self, record):
        self.supply = record["supply"]
        self.arcs = record["arcs"]
        self.claims = record["claims"]
        self.rules = record["rules"]
        self.award = record["award"]
        self.flow = record["flow"]
        self.scale = 1 + sum(self.supply) + max((claim[4] for claim in self.claims), default=0)
        self.slack = SLACK * self.scale
        self.largest = {}
        for _, _, rank, weight, size in self.claims:
            self.largest[rank] = max(self.largest.get(rank, 0), size / weight)

    def cut(self):
        short = (size - award > self.slack for (*_, size), award in zip(self.claims, self.award))
        return [i for i, cut in enumerate(short) if cut]

    def levels(self, i):
        """The lowest and the highest level of its class at which a claim gets what it got."""
        _, _, rank, weight, size = self.claims[i]
        award, largest = self.award[i], self.largest[rank]
        missing = size - award
        match self.rules[rank]:
            case "Proportional":
                low = award / size if size > 0 else 0
                top = 1
            case "EqualAwards":
                low, top = award / weight, largest
            case "EqualLosses":
                low, top = largest - missing / weight, largest
            case "Talmud":
                low = award if award < size / 2 else largest - missing
                top = largest
        high = top if missing <= self.slack else low
        if self.rules[rank] == "EqualLosses" and award <= self.slack:
            low = 0
        if self.rules[rank] == "Talmud" and abs(award - size / 2) <= self.slack:
            low, high = size / 2 - self.slack, max(high, largest - size / 2)
        return low, high

    def check_flows(self):
        """How far any node, arc or claim is from what is possible, as a part of the volumes of the basin."""
        left = list(self.supply)
        worst = 0
        for (tail, head, gain, capacity), flow in zip(self.arcs, self.flow):
            left[tail] -= flow
            left[head] += gain * flow
            worst = max(worst, -flow, flow - (math.inf if capacity is None else capacity))
        for (node, arc, _, _, size), award in zip(self.claims, self.award):
            worst = max(worst, -award, award - size)
            if node is not None:
                left[node] -= award
            else:
                worst = max(worst, award - self.flow[arc])
        return max(worst, *(-volume for volume in left)) / self.scale

    def programme(self):
        """Flows, then awards; at nodes what leaves is at most what comes, on arcs flows serve the claims there."""
        arcs = len(self.arcs)
        rows = [({}, supply + self.slack) for supply in self.supply]
        upper = []
        for i, (tail, head, gain, capacity) in enumerate(self.arcs):
            rows[tail][0][i] = 1
            rows[head][0][i] = -gain
            upper.append(highspy.kHighsInf if capacity is None else capacity)
        for i, (node, arc, _, _, size) in enumerate(self.claims, start=arcs):
            upper.append(size)
            if node is not None:
                rows[node][0][i] = 1
            else:
                rows.append(({i: 1, arc: -1}, 0))
        lp = highspy.HighsLp()
        lp.num_col_, lp.num_row_ = len(upper), len(rows)
        lp.col_cost_ = numpy.zeros(len(upper))
        lp.col_lower_ = numpy.zeros(len(upper))
        lp.col_upper_ = numpy.array(upper)
        lp.row_lower_ = numpy.full(len(rows), -highspy.kHighsInf)
        lp.row_upper_ = numpy.array([limit for _, limit in rows])
        lp.sense_ = highspy.ObjSense.kMaximize
        lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        lp.a_matrix_.start_ = numpy.cumsum([0] + [len(row) for row, _ in rows])
        lp.a_matrix_.index_ = numpy.array([i for row, _ in rows for i in row])
        lp.a_matrix_.value_ = numpy.array([value for row, _ in rows for value in row.values()])
        return lp

    def most(self, highs, raised):
        """The most a claim could get; the basin's programme is loaded."""
        first = len(self.arcs)
        rank = self.claims[raised][2]
        level = self.levels(raised)[1] * (1 + 1e-9)
        for i, (*_, other, _, size) in enumerate(self.claims):
            held = other < rank or other == rank and i != raised and self.levels(i)[0] <= level
            least = max(self.award[i] - self.slack, 0) if held else 0
            highs.changeColBounds(first + i, least, size if other <= rank else 0)
            highs.changeColCost(first + i, float(i == raised))
        # Each programme starts afresh: no answer may depend on the one before.
        highs.clearSolver()
        highs.run()
        if highs.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            raise ValueError(f"claim {raised}: {highs.getModelStatus()}")
        return highs.getInfo().objective_function_value


def records(count, seed):
    export = ["cargo", "bench", "--quiet", "--bench", "certificate_export", "--", count, seed]
    with subprocess.Popen(map(str, export), cwd=ROOT, stdout=subprocess.PIPE, text=True) as run:
        yield from map(json.loads, run.stdout)
    if run.returncode:
        sys.exit("the basins cannot be exported")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    highs = highspy.Highs()
    highs.setOptionValue("output_flag", False)
    highs.setOptionValue("presolve", "off")
    highs.setOptionValue("threads", 1)
    basins = programmes = 0
    gap = impossible = 0.0
    for number, record in enumerate(records(options.count, options.seed)):
        basin = Basin(record)
        basins += 1
        impossible = max(impossible, basin.check_flows())
        cut = basin.cut()
        if cut:
            highs.passModel(basin.programme())
        for claim in cut:
            more = (basin.most(highs, claim) - basin.award[claim]) / basin.scale
            programmes += 1
            gap = max(gap, abs(more))
            if abs(more) > CLOSE:
                sys.exit(f"basin {number}, claim {claim}: {more:+.1e} of its volumes\n{record}")
    print(f"{basins} basins, {programmes} linear programmes")
    print(f"largest gap {gap:.1e}, worst violation by a flow {impossible:.1e}, as parts of a basin's volumes")
    if basins < options.count or impossible > CLOSE:
        sys.exit(1)


main()
