#!/usr/bin/env python3
"""Runs a document of Pywr 2 on one thread and prints one JSON line: seconds to load, build and run.

run_pywr2.py DOCUMENT SOLVER
"""

import json
import pathlib
import sys
import time

import pywr

document, solver = sys.argv[1:]
path = pathlib.Path(document).resolve()
clock = [time.process_time()]
schema = pywr.ModelSchema.from_path(path)
clock.append(time.process_time())
model = schema.build(data_path=path.parent, output_path=path.parent)
clock.append(time.process_time())
model.run(solver, None)
clock.append(time.process_time())
load, build, run = (b - a for a, b in zip(clock, clock[1:]))
print(json.dumps({"load": load, "compile": build, "run": run}))
