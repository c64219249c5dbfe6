#!/bin/sh
# Make .venv from a lock, once per content of the lock:  sh tools/env.sh run|dev
#
# `run` is what a study needs; `dev` is the same pins and the test tools on top. A stamp in .venv,
# named after the lock and pyproject.toml, makes every later call instantaneous.
set -eu
cd "$(dirname "$0")/.."

level=$1
lock=locks/$level.lock
python=.venv/bin/python

key=$(cat "$lock" pyproject.toml | cksum | tr ' ' '-')
# The interpreter is tried too: it may have been upgraded or removed under the environment.
if [ -e ".venv/.$level-$key" ] && "$python" -c '' 2>/dev/null; then
    exit 0
fi

fail() {
    echo "simdesign: $1" >&2
    exit 1
}

# Compiled once here instead of in every process: importing the numerical stack without compiled
# files costs many seconds, and where PYTHONDONTWRITEBYTECODE is set they would never be written.
export UV_COMPILE_BYTECODE=1
export UV_PYTHON_INSTALL_DIR="$PWD/.tools/python"
unset VIRTUAL_ENV

base=$(sh tools/find_python.sh) || base=
uv=$(sh tools/find_uv.sh $base) || uv=

echo "simdesign: making .venv from $lock" >&2
if ! "$python" -c '' 2>/dev/null; then
    rm -rf .venv
    if [ -n "$uv" ]; then
        # Without an interpreter of our own finding, uv fetches one.
        "$uv" venv --quiet --python "${base:->=3.12,<3.15}" .venv ||
            fail "no Python 3.12 to 3.14 found, and uv could not fetch one. Install Python 3.12 or later."
    elif [ -z "$base" ]; then
        fail "no Python 3.12 to 3.14 found, nor uv or pip to fetch one. Install Python 3.12 or later."
    else
        "$base" -m venv .venv >/dev/null 2>&1 ||
            fail "$base has neither pip nor venv/ensurepip. Install them (Debian: python3-venv) or uv."
    fi
fi
rm -f .venv/.run-* .venv/.dev-*

# The project itself goes in without build isolation: its build backend is in the lock as well.
if [ -n "$uv" ]; then
    "$uv" pip sync --quiet --python "$python" --require-hashes "$lock"
    "$uv" pip install --quiet --python "$python" --no-build-isolation --no-deps --editable .
else
    "$python" -m pip install --quiet --require-hashes --requirement "$lock"
    "$python" -m pip install --quiet --no-build-isolation --no-deps --editable .
fi

touch ".venv/.$level-$key"
if [ "$level" = dev ]; then # the development lock holds every pin of the run-time lock
    touch ".venv/.run-$(cat locks/run.lock pyproject.toml | cksum | tr ' ' '-')"
fi
