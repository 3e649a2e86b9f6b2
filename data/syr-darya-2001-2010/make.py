#!/usr/bin/env python3
"""Makes the series of this scenario and of its variants from the table of dekads.

    python3 make.py TABLE.csv

TABLE.csv has a row for each dekad of 2001-2010: year, month, dk; for Toktogul (tok), Andijan (and),
Bakhri Tochik (kay), Charvak (chv) and Shardara (sh) the mean inflow _in and release _out in m3/s and
the volume _vol in Mm3 at the dekad's end; and net_reach1 and net_reach2 in m3/s, the inflow to
Bakhri Tochik and to Shardara less the releases above. SOURCES.md says where it comes from.

Written are series/ and observed/ of this folder; the column antecedent_m3s of its reaches.csv and
initial_mcm of its reservoirs.csv; and the tables of the variants where they are different.
"""

import calendar
import csv
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent

# Monthly mean withdrawals of 2022-2024, January first, m3/s.
WITHDRAWALS = {
    "lnk-uz": [0, 0, 0.6, 1.2, 3.7, 1.8, 2.6, 1.7, 1.1, 0.9, 0.1, 0],
    "bnk": [4.2, 3.7, 15.1, 24.2, 32.2, 32.7, 32.7, 32.1, 21.4, 20.1, 21.3, 4.9],
    "sfk-uz": [1.0, 2.7, 18.2, 40.5, 46.5, 56.8, 58.0, 53.2, 33.5, 33.0, 7.8, 2.5],
    "bfk-uz": [38.2, 62.6, 111, 120, 140, 158, 181, 161, 102, 95.2, 29.6, 5.5],
    "zardarya-uz": [11.1, 6.7, 8.9, 18.9, 22.3, 23.9, 24.1, 21.6, 16.9, 13.8, 3.1, 2.0],
    "tj-pumps-above": [0, 0, 0.1, 7.4, 14.8, 14.3, 15.9, 16.0, 14.8, 1.6, 0, 0],
    "tj-pumps-lake": [0, 0, 1.4, 15.0, 24.8, 26.2, 27.3, 27.1, 20.4, 1.0, 0, 0],
    "tj-pumps-upper": [0, 0, 0, 0.7, 2.3, 5.1, 5.4, 5.3, 3.2, 0, 0, 0],
    "tj-pumps-lower": [0, 0, 0, 2.8, 5.2, 9.7, 10.2, 10.2, 5.1, 0, 0, 0],
    "mekhnat-zafarabad": [0, 0, 0, 8.1, 24.1, 30.6, 28.9, 27.0, 22.5, 3.6, 0, 0],
    "vdk-uz": [0, 0, 0, 12.5, 20.9, 27.0, 29.7, 26.0, 18.3, 2.6, 1.5, 0],
    "ndk-uz": [1.5, 1.8, 7.9, 18.6, 20.6, 24.2, 28.0, 23.0, 13.7, 10.8, 5.1, 1.8],
    "bekabad": [0, 0, 0.6, 2.6, 3.0, 3.8, 5.0, 4.4, 2.1, 2.1, 1.2, 0.1],
    "ygk-uz": [61.1, 37.5, 122, 155, 122, 171, 217, 176, 92.8, 99.5, 90.6, 65.5],
    "dostyk-uz": [27.1, 33.0, 25.4, 30.7, 35.3, 51.9, 77.7, 55.2, 21.1, 25.4, 9.9, 23.8],
    "dostyk-kz": [31.8, 56.6, 56.5, 30.7, 27.6, 44.0, 77.5, 72.5, 13.4, 0, 0, 7.8],
    # April to September 2024; nothing in the other months is an assumption.
    "kyzylkum-kz": [0, 0, 0, 96.2, 52.4, 57.2, 106.1, 40.5, 7.0, 0, 0, 0],
}
UZ_PART_OF_BNK = 0.88
FERGANA = ["lnk-uz", "bnk", "sfk-uz", "bfk-uz", "zardarya-uz", "tj-pumps-above"]
MIDDLE = ["tj-pumps-upper", "tj-pumps-lower", "mekhnat-zafarabad", "vdk-uz", "ndk-uz", "bekabad",
          "ygk-uz", "dostyk-uz", "dostyk-kz"]
FARKHAD_SANITARY = 5.0

# Annual means in km3: the Naryn at Uchkurgan and at Toktogul, the Karadarya at Andijan, and what
# joins between the Naryn and the Karadarya.
NARYN_SIDE = 14.54 / 12.3 - 1
KARADARYA_SIDE = 2.07 / 3.92
# Monthly mean flow of the Arys, 1964-1984.
ARYS = [27, 54, 55, 19, 12, 9, 6, 8, 10, 14, 16, 19]
# The part of the flow at Kyzylorda that is withdrawn from April to September: assumed.
LOWER_PART = 0.78

RESERVOIRS = {
    "toktogul": "tok",
    "andijan": "and",
    "bakhri-tochik": "kay",
    "charvak": "chv",
    "shardara": "sh",
}

FIRST_DAY = (2001, 1, 1)

# Other folders, the day they start, and the cells of reaches.csv that are different there.
TAILWATER = {("shardara-tailwater", "capacity_m3s"): "1000"}
VARIANTS = [
    ("syr-darya-1984-regime", FIRST_DAY, TAILWATER),
    ("syr-darya-order-driven", FIRST_DAY, TAILWATER),
    ("syr-darya-dry-2008", (2008, 4, 1), {}),
    ("syr-darya-flood-2003-04", (2003, 10, 1), {}),
    ("syr-darya-flood-2003-04-koksaray", (2003, 10, 1),
     {("koksaray-feed", "in_service_from"): ""}),
]


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    with open(sys.argv[1], encoding="utf-8") as file:
        rows = [{name: float(cell) for name, cell in row.items()} for row in csv.DictReader(file)]
    reaches = table(HERE / "reaches.csv")
    reservoirs = table(HERE / "reservoirs.csv")
    demands = dict(WITHDRAWALS)
    demands["kz-lower"] = lower_demand(rows, reaches)
    inflows = [inflow(row) for row in rows]
    releases = [release(row) for row in rows]
    write_series(rows, inflows, releases)
    write_demands(demands)
    write_observed(rows)
    for name, start, changes in [(HERE.name, FIRST_DAY, {}), *VARIANTS]:
        at = next(i for i, row in enumerate(rows) if key(row) == start)
        # Before the run: the dekad before; before the table: its first dekad.
        before = max(at - 1, 0)
        channels = antecedents(rows[before], inflows[before], releases[before], reaches, demands)
        folder = HERE.parent / name
        write_reaches(folder / "reaches.csv", reaches, channels, changes)
        if folder == HERE or start != FIRST_DAY:
            write_reservoirs(folder / "reservoirs.csv", reservoirs, initial(rows, at))


def key(row):
    return int(row["year"]), int(row["month"]), int(row["dk"])


def dekad(row):
    return "{:04}-{:02}-{}".format(*key(row))


def month_of(row):
    return int(row["month"]) - 1


def withdrawn(names, month):
    return sum(WITHDRAWALS[name][month] for name in names)


def middle_withdrawn(row):
    """What the canals at and above Farkhad could take of what the dam released."""
    return min(withdrawn(MIDDLE, month_of(row)), row["kay_out"] - FARKHAD_SANITARY)


def inflow(row):
    """Inflows by node. The lateral flows of a reach add up to net_reach plus what is withdrawn."""
    month = month_of(row)
    naryn_side = NARYN_SIDE * row["tok_in"]
    karadarya_side = KARADARYA_SIDE * row["and_in"]
    rest = row["net_reach1"] + withdrawn(FERGANA, month) - naryn_side - karadarya_side
    return {
        "naryn": row["tok_in"],
        "tash-kumyr": naryn_side,
        "karadarya": row["and_in"],
        "karadarya-side": karadarya_side,
        "fergana-side": rest,
        "chirchik": row["chv_in"],
        "chinaz": row["net_reach2"] + middle_withdrawn(row),
        "arys": ARYS[month],
    }


def release(row):
    """Releases to the river. That of Shardara is what the Kyzylkum canal leaves of the record."""
    releases = {id: row[name + "_out"] for id, name in RESERVOIRS.items()}
    releases["shardara"] -= WITHDRAWALS["kyzylkum-kz"][month_of(row)]
    assert releases["shardara"] > 0, dekad(row)
    return releases


def initial(rows, at):
    """Volumes at the start of a dekad: the readings at the end of the one before. Before the table:
    what the first dekad's flows leave of the first reading."""
    if at > 0:
        return {id: rows[at - 1][name + "_vol"] for id, name in RESERVOIRS.items()}
    first = rows[0]
    return {
        id: first[name + "_vol"] - 0.864 * (first[name + "_in"] - first[name + "_out"])
        for id, name in RESERVOIRS.items()
    }


def gain(reaches, first, last):
    """What is left between two nodes of the river after losses."""
    part, at = 1.0, first
    while at != last:
        reach = next(r for r in reaches if r["from"] == at and r["kind"] == "river")
        part *= 1 - float(reach["loss_fraction"] or 0)
        at = reach["to"]
    return part


def lower_demand(rows, reaches):
    """Withdrawals below Shardara: a part of the mean flow of each month at Kyzylorda."""
    shardara = gain(reaches, "shardara", "kyzylorda")
    arys = gain(reaches, "arys-mouth", "kyzylorda")
    demand = []
    for month in range(12):
        flows = [release(row)["shardara"] for row in rows if month_of(row) == month]
        flow = shardara * sum(flows) / len(flows) + arys * ARYS[month]
        demand.append(LOWER_PART * flow if 3 <= month <= 8 else 0.0)
    return demand


def antecedents(row, inflows, releases, reaches, demands):
    """What enters each reach with a travel time if every day is like the dekad of `row`."""
    month = month_of(row)
    takes = {
        "uchkurgan": withdrawn(["lnk-uz", "bnk", "sfk-uz", "bfk-uz"], month),
        "kal": WITHDRAWALS["zardarya-uz"][month],
        "fergana-side": WITHDRAWALS["tj-pumps-above"][month],
        "farkhad": middle_withdrawn(row),
        "kyzylorda": demands["kz-lower"][month],
    }
    arrived, entered, short = {}, {}, 0.0
    rivers = [reach for reach in reaches if reach["kind"] == "river"]
    # The file has each reach after those that lead to its tail.
    for reach in rivers:
        at = reach["from"]
        flow = arrived.get(at, 0.0) + inflows.get(at, 0.0)
        flow = releases.get(at, flow)
        if at == "koksaray":
            flow = 0.0
        # What Uchkurgan lacks for the Big Fergana canal, the Karadarya feeder brings.
        wanted = takes.get(at, 0.0) + (short if at == "kdp-head" else 0.0)
        if at == "uchkurgan":
            short = max(wanted - flow, 0.0)
        flow = max(flow - wanted, 0.0)
        entered[reach["reach"]] = flow
        to, loss = reach["to"], float(reach["loss_fraction"] or 0)
        arrived[to] = arrived.get(to, 0.0) + flow * (1 - loss)
    return {r["reach"]: entered[r["reach"]] for r in rivers if r["lag_days"] != "0"}


def table(path):
    with open(path, encoding="utf-8") as file:
        return list(csv.DictReader(line for line in file if not line.startswith("#")))


def write(path, comment, header, lines):
    text = "".join(f"# {line}\n" for line in comment)
    text += "".join(",".join(line) + "\n" for line in [header, *lines])
    path.write_text(text, encoding="utf-8")


def number(value, digits=1):
    """A number without needless zeros."""
    text = f"{value:.{digits}f}".rstrip("0").rstrip(".") if digits else f"{value:.0f}"
    return "0" if text == "-0" else text


def write_series(rows, inflows, releases):
    names = list(inflows[0])
    lines = [[dekad(row), *(number(at[n], 2) for n in names)] for row, at in zip(rows, inflows)]
    write(HERE / "series/inflows.csv",
          ["naryn, karadarya, chirchik: observed. arys: means of 1964-1984. All others: derived lateral flows; negative = a net loss."],
          ["dekad", *(n + "_m3s" for n in names)], lines)
    lines = [[dekad(row), *(number(at[n]) for n in RESERVOIRS)] for row, at in zip(rows, releases)]
    write(HERE / "series/releases.csv",
          ["Observed dekad means; from shardara the withdrawals of the Kyzylkum canal are taken off."],
          ["dekad", *(n + "_m3s" for n in RESERVOIRS)], lines)


def write_demands(demands):
    names = []
    for name in demands:
        names += ["bnk-uz", "bnk-kg"] if name == "bnk" else [name]

    def demand(name, month):
        if name.startswith("bnk-"):
            part = UZ_PART_OF_BNK if name == "bnk-uz" else 1 - UZ_PART_OF_BNK
            return part * demands["bnk"][month]
        return demands[name][month]

    lines = []
    for year in range(2001, 2011):
        for month in range(12):
            cells = (number(demand(name, month), 2) for name in names)
            lines.append([f"{year:04}-{month + 1:02}", *cells])
    write(HERE / "series/demands.csv",
          ["Monthly mean withdrawals of 2022-2024, the same in every year; kz-lower: assumed."],
          ["month", *(n + "_m3s" for n in names)], lines)


def write_observed(rows):
    lines = []
    for row in rows:
        cells = (number(row[name + "_vol"]) for name in RESERVOIRS.values())
        lines.append([dekad(row), *cells])
    write(HERE / "observed/storage.csv",
          ["Volume at the end of the dekad."],
          ["dekad", *(id + "_mcm" for id in RESERVOIRS)], lines)
    columns = {"akjar": "kay_in", "shardara-inflow": "sh_in"}
    columns |= {id + "-release": name + "_out" for id, name in RESERVOIRS.items()}
    lines = [[dekad(row), *(number(row[c]) for c in columns.values())] for row in rows]
    write(HERE / "observed/flows.csv",
          ["Dekad means. akjar is the inflow to Bakhri Tochik; the release of Shardara is the published one, the Kyzylkum canal in it."],
          ["dekad", *(id + "_m3s" for id in columns)], lines)


def write_reaches(path, reaches, channels, changes):
    lines = []
    for reach in reaches:
        reach = dict(reach)
        if reach["reach"] in channels:
            reach["antecedent_m3s"] = number(channels[reach["reach"]])
        for (name, column), cell in changes.items():
            if name == reach["reach"]:
                reach[column] = cell
        lines.append(list(reach.values()))
    write(path, ["antecedent_m3s: derived by make.py."], list(reaches[0]), lines)


def write_reservoirs(path, reservoirs, volumes):
    lines = []
    for reservoir in reservoirs:
        reservoir = dict(reservoir)
        if reservoir["reservoir"] in volumes:
            reservoir["initial_mcm"] = number(volumes[reservoir["reservoir"]])
        lines.append(list(reservoir.values()))
    write(path, ["initial_mcm: the volume before the first day."], list(reservoirs[0]), lines)


if __name__ == "__main__":
    main()
