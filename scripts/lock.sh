#!/bin/sh
# Writes requirements-dev.lock: exact versions and hashes for every Python from 3.11 on and every
# platform, out of pyproject.toml and requirements.txt (what the app needs on Lambda).
#
#     sh scripts/lock.sh BIN        BIN is the virtual environment's folder of programs
set -eu

bin=$1
# The resolver is no part of the lock: nothing but this script needs it.
"$bin/python" -m pip install --quiet --quiet --disable-pip-version-check uv

{
    echo '# Written by `make lock` from pyproject.toml and requirements.txt. Do not edit.'
    "$bin/uv" pip compile pyproject.toml requirements.txt --group dev --upgrade --quiet \
        --universal --python-version 3.11 --generate-hashes \
        --no-header --no-annotate --no-emit-index-url --no-emit-find-links
} > requirements-dev.lock.new
mv requirements-dev.lock.new requirements-dev.lock
