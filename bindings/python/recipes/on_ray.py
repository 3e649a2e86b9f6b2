"""The same functions on Ray: needs `pip install ray`.

    python on_ray.py --members 100000 --tasks 64

Ray pickles ensembles and results as Dask does, and runs a task again if its worker dies.
"""

import argparse

import ray
from season import ensemble

import riparian


@ray.remote(num_cpus=1)
def run(whole: riparian.Ensemble, part: range) -> riparian.Results:
    return whole.run(part)


def main() -> None:
    parser = argparse.ArgumentParser(description="Runs members on Ray.")
    parser.add_argument("--members", type=int, default=100_000)
    parser.add_argument("--tasks", type=int, default=64)
    told = parser.parse_args()
    ray.init(log_to_driver=False)
    # Sent once; every machine keeps it in its object store.
    whole = ray.put(ensemble().on_threads(1))
    parts = [run.remote(whole, part) for part in riparian.cut(told.members, tasks=told.tasks)]
    results = riparian.Results.merged(ray.get(parts))
    print(results.summary().obligations().to_pandas().to_string())
    print(f"{results.members} members, {len(results.failed)} failed\ndigest {results.digest()}")


if __name__ == "__main__":
    main()
