#!/bin/sh
# PrairieLearn runs this script for each submission, with the exercise's number: see info.json.
grade=${GRADE:-/grade}
mkdir -p "$grade/results"
results=$grade/results/results.json
check "$1" --submission "$grade/student" --format prairielearn >"$results"
status=$?

# After 0, 1 and 3 there is a document. Any other status is a failure of the judge, and costs no attempt.
case $status in
0 | 1 | 3) ;;
*) printf '{"gradable": false, "format_errors": "The judge failed with status %s. %s"}\n' \
    "$status" "Your program was not graded, and no attempt is counted." >"$results" ;;
esac
