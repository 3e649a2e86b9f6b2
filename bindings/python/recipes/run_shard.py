"""Some members as one Parquet file: a job for any scheduler.

    python run_shard.py --members 0..1000 [--threads 4] [--folder out/shards]

A shard that is there is left as it is, so that after an interruption the same jobs are run again.
With GNU parallel, on all cores of a machine:

    seq 0 1000 9000 | parallel -j1 'python run_shard.py --members {}..$(({} + 1000))'

Then `merge_shards.py`. The crate's example `run_shard` takes the same arguments and writes the same
shards.
"""

import argparse
from pathlib import Path

from season import ensemble


def members(text: str) -> range:
    first, _, end = text.partition("..")
    try:
        return range(int(first), int(end))
    except ValueError:
        raise argparse.ArgumentTypeError("expected two numbers, as 0..1000") from None


def main() -> None:
    parser = argparse.ArgumentParser(description="Runs members into a Parquet file.")
    parser.add_argument("--members", type=members, required=True)
    parser.add_argument("--threads", type=int, help="as many as there are cores, unless told")
    parser.add_argument("--folder", type=Path, default=Path("out/shards"))
    told = parser.parse_args()
    file = told.folder / f"{told.members.start:09}-{told.members.stop:09}.parquet"
    said = ensemble().on_threads(told.threads).run_shard(told.members, file)
    print(f"{file}: {'was there' if said == 'found' else said}")


if __name__ == "__main__":
    main()
