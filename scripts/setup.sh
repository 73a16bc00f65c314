#!/bin/sh
# Makes a virtual environment with what requirements-dev.lock pins and this package, editable.
#
#     sh scripts/setup.sh FOLDER [PYTHON]
#
# Takes PYTHON or else the newest Python from 3.11 on that is found on PATH. A FOLDER that is there
# already is brought up to date. Speaks on standard error only: commands whose output is
# read by programs (make demo JSON=1) may come right after.
set -eu

folder=$1
wanted=${2:-}
oldest='3, 11'

say() { echo "$*" >&2; }

is_new_enough() { "$1" -c "import sys; sys.exit(sys.version_info < ($oldest))" 2>/dev/null; }
has_venv() { "$1" -c 'import ensurepip, venv' 2>/dev/null; }

find_python() {
    without_venv=''
    for candidate in ${wanted:-python3.14 python3.13 python3.12 python3.11 python3 python}; do
        # A name on PATH may be a version manager's shim for a Python that is not switched on.
        is_new_enough "$candidate" || continue
        if has_venv "$candidate"; then
            echo "$candidate"
            return
        fi
        without_venv=${without_venv:-$candidate}
    done
    if [ -n "$without_venv" ]; then
        say "$without_venv has no venv module. On Debian and Ubuntu: apt install python3-venv."
    elif [ -n "$wanted" ]; then
        say "$wanted is no Python 3.11 or later that runs here."
    else
        say "No Python 3.11 or later on PATH. Install one, or name it: make setup PYTHON=/path/to/python."
    fi
    exit 1
}

if [ -n "$wanted" ] || ! is_new_enough "$folder/bin/python"; then
    python=$(find_python)
    say "Making $folder with $("$python" --version) ($python) ..."
    # --clear: half an environment, or one of another Python, is worth nothing.
    "$python" -m venv --clear "$folder"
fi

install() {
    "$folder/bin/python" -m pip install --quiet --quiet --disable-pip-version-check --no-input "$@" >&2
}

say "Installing what requirements-dev.lock pins; this takes about a minute the first time ..."
install --requirement requirements-dev.lock
# The build backend came with the lock, so nothing unpinned is fetched to build this package.
install --no-deps --no-build-isolation --editable .
