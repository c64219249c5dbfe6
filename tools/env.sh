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
# Trust whom the machine trusts, as pip does: an institute's network may have its own certificate.
if [ -e /etc/ssl/certs/ca-certificates.crt ]; then export UV_SYSTEM_CERTS=1; fi
unset VIRTUAL_ENV

# In both ways the project itself goes in without build isolation: its build backend is locked too.
with_uv() {
    if ! "$python" -c '' 2>/dev/null; then
        rm -rf .venv
        # Without an interpreter that we found, uv fetches one.
        "$uv" venv --quiet --python "${base:-3.13}" .venv || return 1
    fi
    "$uv" pip sync --quiet --python "$python" --require-hashes "$lock" &&
        "$uv" pip install --quiet --python "$python" --no-build-isolation --no-deps --editable .
}

with_pip() {
    if ! "$python" -m pip --version >/dev/null 2>&1; then
        rm -rf .venv
        "$base" -m venv .venv >/dev/null 2>&1 ||
            fail "$base has no venv with ensurepip. Install it (Debian: python3-venv), or uv."
    fi
    "$python" -m pip install --quiet --require-hashes --requirement "$lock" &&
        "$python" -m pip install --quiet --no-build-isolation --no-deps --editable .
}

base=$(sh tools/find_python.sh) || base=
uv=$(sh tools/find_uv.sh "$base") || uv=
if [ -z "$base" ] && [ -z "$uv" ]; then
    fail "no Python 3.12 to 3.14 found, nor uv or pip to fetch one. Install Python 3.12 or later."
fi

echo "simdesign: making .venv from $lock (a minute or two on a slow network)" >&2
rm -f .venv/.run-* .venv/.dev-*
if [ -n "$uv" ] && with_uv; then
    :
elif [ -z "$base" ]; then
    fail "no Python 3.12 to 3.14 found, and uv could not set one up. Install Python 3.12 or later."
else
    with_pip || fail "the packages of $lock could not be installed; the lines above say why."
fi

touch ".venv/.$level-$key"
if [ "$level" = dev ]; then # the development lock holds every pin of the run-time lock
    touch ".venv/.run-$(cat locks/run.lock pyproject.toml | cksum | tr ' ' '-')"
fi
