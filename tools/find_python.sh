#!/bin/sh
# Print an interpreter that simdesign can use; exit 1 when there is none.
#
# Candidates are run, not only looked up: a name on the path may be a stub that does not start,
# and `python3` is often older than 3.12. The upper end is that of the locked numerical packages.
set -u

usable() {
    "$1" -c 'import sys; sys.exit(not (3, 12) <= sys.version_info < (3, 15))' >/dev/null 2>&1
}

for name in python3.14 python3.13 python3.12 python3 python; do
    if usable "$name"; then
        command -v "$name"
        exit 0
    fi
done

# pyenv keeps every version in a folder of its own, on the path or not; take the newest.
newest=
for path in "${PYENV_ROOT:-$HOME/.pyenv}"/versions/*/bin/python; do
    if usable "$path"; then newest=$path; fi
done
[ -n "$newest" ] && echo "$newest"
