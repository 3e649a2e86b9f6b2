"""Merges the shards of a folder, and prints the odds of each obligation.

    python merge_shards.py [out/shards] [--members 10000]

Says which of the members are missing, and fails if there are any.
"""

import argparse
import sys
from pathlib import Path

import riparian


def main() -> int:
    parser = argparse.ArgumentParser(description="Merges shards of an ensemble.")
    parser.add_argument("folder", type=Path, nargs="?", default=Path("out/shards"))
    parser.add_argument("--members", type=int, default=0, help="how many there are to be")
    told = parser.parse_args()
    results = riparian.merge_shards(sorted(told.folder.glob("*.parquet")))
    print(results.summary().obligations().to_pandas().to_string())
    for member, why in results.failed.items():
        print(f"member {member} failed: {why}")
    print(f"{results.members} members, {len(results.failed)} failed\ndigest {results.digest()}")
    missing = results.missing(told.members)
    for part in missing:
        print(f"missing: {part.start}..{part.stop}")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
