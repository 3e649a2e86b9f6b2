"""Dask's workers as jobs of Slurm, PBS, LSF and others: needs `pip install dask-jobqueue`.

    python on_jobqueue.py --queue slurm --jobs 10 --members 100000

`--queue local` starts the jobs on this machine, to try it without a scheduler.
"""

import argparse

from dask_jobqueue.local import LocalCluster
from dask_jobqueue.pbs import PBSCluster
from dask_jobqueue.slurm import SLURMCluster
from distributed import Client
from season import ensemble

import riparian.dask

QUEUES = {"slurm": SLURMCluster, "pbs": PBSCluster, "local": LocalCluster}


def main() -> None:
    parser = argparse.ArgumentParser(description="Runs members on jobs of a batch scheduler.")
    parser.add_argument("--queue", choices=QUEUES, default="slurm")
    parser.add_argument("--jobs", type=int, default=10)
    parser.add_argument("--cores", type=int, default=4, help="cores of a job, each with a worker")
    parser.add_argument("--members", type=int, default=100_000)
    parser.add_argument("--script", action="store_true", help="only prints what it would submit")
    told = parser.parse_args()
    cluster = QUEUES[told.queue](
        cores=told.cores,
        processes=told.cores,
        memory=f"{told.cores} GB",
        walltime="01:00:00",
    )
    with cluster:
        if told.script:
            print(cluster.job_script())
            return
        cluster.scale(jobs=told.jobs)
        # Workers come when their jobs begin: the cut does not wait for them.
        with Client(cluster) as client:
            tasks = 8 * told.jobs * told.cores
            results = riparian.dask.run(ensemble(), told.members, tasks=tasks, client=client)
    print(results.summary().obligations().to_pandas().to_string())
    print(f"{results.members} members, {len(results.failed)} failed\ndigest {results.digest()}")


if __name__ == "__main__":
    main()
