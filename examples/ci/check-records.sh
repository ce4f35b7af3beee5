#!/usr/bin/env bash
# Check records in any CI: PATHS="records/ more.csv" bash check-records.sh
# FAIL_ON (violation), SELECT, IGNORE, BASELINE and SARIF (a file to write) are optional; RECORDS_LANG is zh or en.
# Ends with 0 where nothing at or above FAIL_ON is found, 1 with findings, 2 where a file cannot be read.
set -uo pipefail
: "${PATHS:?name the files or folders to check in PATHS}"
read -r -a paths <<<"$PATHS"
options=(--fail-on "${FAIL_ON:-violation}" --lang "${RECORDS_LANG:-zh}")
[ -n "${SELECT:-}" ] && options+=(--select "$SELECT")
[ -n "${IGNORE:-}" ] && options+=(--ignore "$IGNORE")
[ -n "${BASELINE:-}" ] && options+=(--baseline "$BASELINE")
format=text
[ -n "${GITHUB_ACTIONS:-}" ] && format=github
if [ -n "${SARIF:-}" ]; then
    aistandards validate "${options[@]}" --format sarif -- "${paths[@]}" >"$SARIF"
fi
exec aistandards validate "${options[@]}" --format "$format" -- "${paths[@]}"
