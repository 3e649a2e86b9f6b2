#!/usr/bin/env python3
"""Runs a document of Pywr 1 and prints one JSON line: seconds to load, set up and run.

run_pywr1.py DOCUMENT SOLVER
"""

import json
import os
import sys
import time

import pywr.parameters  # noqa: F401  (registers the types that documents name)
import pywr.recorders  # noqa: F401
from pywr.model import Model

document, solver = sys.argv[1:]
folder, name = os.path.split(os.path.abspath(document))
os.chdir(folder)
clock = [time.process_time()]
model = Model.load(name, solver=solver)
clock.append(time.process_time())
model.check()
model.setup()
clock.append(time.process_time())
model.run()
clock.append(time.process_time())
load, setup, run = (b - a for a, b in zip(clock, clock[1:]))
print(json.dumps({"load": load, "compile": setup, "run": run}))
