#!/bin/sh
# Write locks/run.lock and locks/dev.lock from pyproject.toml.
#
# Pins that still satisfy pyproject.toml stay as they are, unless UPGRADE is set. The locks hold
# hashes but no addresses, so they install from whichever index or mirror a machine uses.
set -eu
cd "$(dirname "$0")/.."

python=$(sh tools/find_python.sh) || python=
uv=$(sh tools/find_uv.sh "$python") || {
    echo "simdesign: locking needs uv, which could not be installed." >&2
    exit 1
}
# A machine's own sources of packages must not leak into the locks.
unset PIP_FIND_LINKS UV_FIND_LINKS

compile() {
    "$uv" pip compile --quiet --universal --python "${python:-3.12}" --python-version 3.12 \
        --generate-hashes --no-emit-index-url --no-header ${UPGRADE:+--upgrade} "$@" pyproject.toml
}

compile --group build --output-file locks/run.lock
# Constrained, so that tests run on the very versions that a study runs on.
compile --group build --group dev --group docs --constraint locks/run.lock --output-file locks/dev.lock
