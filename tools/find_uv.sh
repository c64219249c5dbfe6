#!/bin/sh
# Print a uv that runs, installing one into .tools when there is none; exit 1 when it can't be had.
# $1: the interpreter that simdesign will use, or nothing.
# uv is a convenience (a third of pip's time, and it can fetch an interpreter), not a requirement.
set -u

for uv in uv .tools/bin/uv; do
    if "$uv" --version >/dev/null 2>&1; then
        command -v "$uv"
        exit 0
    fi
done

# Any Python 3 will do for this, also one that is too old for simdesign itself.
for python in "$1" python3 python; do
    "$python" -c 'import sys; sys.exit(sys.version_info < (3, 8))' >/dev/null 2>&1 || continue
    rm -rf .tools
    # Without ensurepip no private environment can be made, but pip may still be there.
    if "$python" -m venv .tools >/dev/null 2>&1; then
        .tools/bin/python -m pip install --quiet uv >/dev/null 2>&1
    else
        "$python" -m pip install --quiet --target .tools uv >/dev/null 2>&1
    fi
    if .tools/bin/uv --version >/dev/null 2>&1; then
        echo .tools/bin/uv
        exit 0
    fi
done
exit 1
