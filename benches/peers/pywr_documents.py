#!/usr/bin/env python3
"""Writes the basins of generate.py as documents of Pywr 1.31 and Pywr 2.0.0rc1.

    pywr_documents.py CASES

adds to each CASES/<case>/ the files `pywr1.json` and `pywr2.json`, and the same with `-daily`, which
also write the daily values of every demand, reservoir and sink to a CSV table; and `pywr2-members.json`: a hundred
members, of which number k has all inflows times 0.7 + 0.6 k / 99.
"""

import datetime
import json
import pathlib
import sys


def last_day(spec):
    first = datetime.date.fromisoformat(spec["start"])
    return (first + datetime.timedelta(days=spec["days"] - 1)).isoformat()


def watched(spec):
    kinds = ("demand", "reservoir", "sink")
    return [node["name"] for node in spec["nodes"] if node["kind"] in kinds]


def steady(demand):
    """The demand as one number if it is the same in all months."""
    return demand["monthly"][0] if len(set(demand["monthly"])) == 1 else None


def pywr1(spec, daily):
    nodes, parameters = [], {}

    def parameter(name, kind, **facts):
        parameters[name] = {"type": kind, **facts}
        return name

    for node in spec["nodes"]:
        name = node["name"]
        match node["kind"]:
            case "inflow":
                flow = parameter(f"{name} flow", "dataframe", table="inflow", column=name)
                facts = {"type": "catchment", "flow": flow}
            case "reservoir":
                facts = {
                    "type": "storage",
                    "min_volume": node["min"],
                    "max_volume": node["max"],
                    "initial_volume": node["initial"],
                    "cost": node["cost"],
                }
            case "junction":
                facts = {"type": "link"}
            case "gauge":
                facts = {"type": "rivergauge", "mrf": node["least"], "mrf_cost": node["cost"]}
            case "demand":
                most = steady(node)
                if most is None:
                    monthly = node["monthly"]
                    most = parameter(f"{name} profile", "monthlyprofile", values=monthly)
                facts = {"type": "output", "max_flow": most, "cost": node["cost"]}
            case "sink":
                facts = {"type": "output"}
        nodes.append({"name": name, **facts})
    document = {
        "metadata": {"title": spec["name"], "minimum_version": "0.1"},
        "timestepper": {"start": spec["start"], "end": last_day(spec), "timestep": 1},
        "tables": {"inflow": {"url": "inflow.csv", "index_col": "date", "parse_dates": True}},
        "nodes": nodes,
        "edges": spec["edges"],
        "parameters": parameters,
    }
    if daily:
        table = {"type": "csv", "url": "pywr1-daily.csv", "nodes": watched(spec)}
        document["recorders"] = {"daily": table}
    return document


MEMBERS = [round(0.7 + 0.6 * k / 99, 6) for k in range(100)]


def pywr2(spec, daily, members=False):
    nodes, parameters = [], []
    if members:
        values = {"type": "Literal", "values": MEMBERS}
        factor = {"meta": {"name": "factor"}, "type": "ConstantScenario", "values": values}
        parameters.append(factor | {"scenario_group": "members"})

    def literal(value):
        return {"type": "Literal", "value": value}

    for node in spec["nodes"]:
        name = node["name"]
        match node["kind"]:
            case "inflow":
                column = {"type": "Column", "name": name}
                flow = {"type": "TimeSeries", "name": "inflow", "columns": column}
                if members:
                    product = {"meta": {"name": f"{name} flow"}, "type": "Aggregated", "agg_func": {"type": "Product"}}
                    factors = [flow, {"type": "Parameter", "name": "factor"}]
                    parameters.append(product | {"phase": "Before", "metrics": factors})
                    flow = {"type": "Parameter", "name": f"{name} flow"}
                facts = {"type": "Catchment", "flow": flow}
            case "reservoir":
                facts = {
                    "type": "Storage",
                    "min_volume": literal(node["min"]),
                    "max_volume": literal(node["max"]),
                    "initial_volume": {"type": "Absolute", "volume": node["initial"]},
                    "cost": literal(node["cost"]),
                }
            case "junction":
                facts = {"type": "Link"}
            case "gauge":
                least, cost = literal(node["least"]), literal(node["cost"])
                facts = {"type": "RiverGauge", "mrf": least, "mrf_cost": cost}
            case "demand":
                if (most := steady(node)) is not None:
                    most = literal(most)
                else:
                    profile = f"{name} profile"
                    values = {"type": "Literal", "values": node["monthly"]}
                    meta = {"name": profile}
                    parameters.append({"meta": meta, "type": "MonthlyProfile", "values": values})
                    most = {"type": "Parameter", "name": profile}
                facts = {"type": "Output", "max_flow": most, "cost": literal(node["cost"])}
            case "sink":
                facts = {"type": "Output"}
        nodes.append({"meta": {"name": name}, **facts})
    network = {
        "nodes": nodes,
        "edges": [{"from_node": a, "to_node": b} for a, b in spec["edges"]],
        "parameters": parameters,
        "time_series": [
            {"meta": {"name": "inflow"}, "type": "Arrow", "time_col": "date", "path": "inflow.csv"}
        ],
    }
    if daily:
        metrics = [{"type": "Node", "name": name} for name in watched(spec)]
        network["metric_sets"] = [{"meta": {"name": "all"}, "metrics": metrics}]
        network["outputs"] = [
            {
                "meta": {"name": "daily"},
                "type": "CSV",
                "format": "Wide",
                "filename": "pywr2-daily.csv",
                "metric_set": "all",
            }
        ]
    step = {"type": "Days", "days": 1}
    document = {
        "metadata": {"title": spec["name"]},
        "time": {"start": spec["start"], "end": last_day(spec), "timestep": step},
        "network": network,
    }
    if members:
        document["scenarios"] = {"groups": [{"name": "members", "size": len(MEMBERS)}]}
    return document


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    for path in sorted(pathlib.Path(sys.argv[1]).glob("*/spec.json")):
        spec = json.loads(path.read_text())
        for name, document in (("pywr1", pywr1), ("pywr2", pywr2)):
            for suffix, daily in (("", False), ("-daily", True)):
                file = path.with_name(f"{name}{suffix}.json")
                file.write_text(json.dumps(document(spec, daily), indent=1))
        path.with_name("pywr2-members.json").write_text(json.dumps(pywr2(spec, False, members=True), indent=1))


if __name__ == "__main__":
    main()
