#!/usr/bin/env bash
# Ten shards of a thousand members as a Slurm array, and their merging when all are there. Submit it
# from this folder:
#
#   job=$(sbatch --parsable slurm_array.sh)
#   sbatch --dependency=afterok:$job --ntasks=1 --wrap 'python merge_shards.py out/shards --members 10000'
#
# A job that was killed, or ran out of time, is submitted again: shards that are there stay.
#
#SBATCH --job-name=riparian
#SBATCH --array=0-9
#SBATCH --ntasks=1
#SBATCH --cpus-per-task=4
#SBATCH --mem=1G
#SBATCH --time=00:30:00
#SBATCH --requeue
#SBATCH --output=riparian-%A_%a.log
set -euo pipefail

# Members in a shard; the array's last number and `--members` above go with it.
SIZE=${SIZE:-1000}
FOLDER=${FOLDER:-out/shards}
# Or the crate's own: RUN_SHARD=../../../target/release/examples/run_shard
RUN_SHARD=${RUN_SHARD:-python run_shard.py}

first=$((SLURM_ARRAY_TASK_ID * SIZE))
# Unquoted, since the command may be of several words.
exec $RUN_SHARD --members "$first..$((first + SIZE))" \
    --threads "${SLURM_CPUS_PER_TASK:-1}" --folder "$FOLDER"
