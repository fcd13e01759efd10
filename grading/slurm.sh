#!/bin/bash
#SBATCH --job-name=grade
#SBATCH --array=1-4
#SBATCH --cpus-per-task=2
#SBATCH --mem=4G
#SBATCH --time=08:00:00
#SBATCH --requeue
# Grades a class on a Slurm cluster, in as many parts as the array has tasks:
#
#     sbatch grading/slurm.sh EXERCISE CLASS RESULTS
#
# EXERCISE is a number. CLASS and RESULTS are directories that all nodes see. `check` must be on the PATH: it
# is target/debug/check in the course's directory, after `cargo build --package check --package proof`.
# Afterwards, join the parts:
#
#     check merge RESULTS/part-*.jsonl --format csv
set -eu
exercise=$1 class=$2 results=$3
part=$SLURM_ARRAY_TASK_ID

# The programs need a local disk: a network file system answers other questions than the lessons ask.
export LESSON_SCRATCH="${SLURM_TMPDIR:-/tmp}"

# The tasks share the job's number as their seed. A task that Slurm starts again goes on where it was.
exec check "$exercise" --batch "$class" --shard "$part/$SLURM_ARRAY_TASK_COUNT" \
    --seed "$SLURM_ARRAY_JOB_ID" --results "$results/part-$part.jsonl" --resume
