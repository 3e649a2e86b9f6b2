#!/usr/bin/env python3
"""Runs a document of Pywr 2 and prints one JSON line: seconds to load, build and run.

run_pywr2.py DOCUMENT SOLVER [THREADS]

On one thread seconds are processor time, on several they are by the clock.
"""

import json
import pathlib
import sys
import time

import pywr

document, solver, *threads = sys.argv[1:]
threads = int(threads[0]) if threads else 1
time_now = time.process_time if threads == 1 else time.perf_counter
path = pathlib.Path(document).resolve()
clock = [time_now()]
schema = pywr.ModelSchema.from_path(path)
clock.append(time_now())
model = schema.build(data_path=path.parent, output_path=path.parent)
clock.append(time_now())
model.run(solver, {"parallel": True, "threads": threads} if threads > 1 else None)
clock.append(time_now())
load, build, run = (b - a for a, b in zip(clock, clock[1:]))
print(json.dumps({"load": load, "compile": build, "run": run}))
