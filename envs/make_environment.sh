#!/usr/bin/env bash
# Make a virtual environment from its pinned requirements: envs/make_environment.sh NAME [PYTHON]
# NAME is workflow or comet; the environment is .venv/NAME and has a file .ready once it is whole.
set -euo pipefail
cd "$(dirname "$0")/.."
name=$1
python=${2:-python3}
folder=.venv/$name

"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
    echo "error: $("$python" --version 2>&1) found, Python 3.11, 3.12 or 3.13 is needed: make PYTHON=python3.12 ..." >&2
    exit 1
}
"$python" -c 'import sys; sys.exit(sys.version_info >= (3, 14))' || {
    echo "error: $("$python" --version 2>&1) is too new: immutables, which Snakemake needs, has no wheel for it; use Python 3.11, 3.12 or 3.13: make PYTHON=python3.13 ..." >&2
    exit 1
}
echo "Setting up $folder (once; a few minutes)"
rm -f "$folder/.ready"
"$python" -m venv "$folder" || {
    echo "error: cannot make a virtual environment; on Debian and Ubuntu: apt-get install python3-venv" >&2
    exit 1
}
pip=("$folder/bin/python" -m pip --disable-pip-version-check)

# Torch first and alone, so that nothing else chooses its build. Without a GPU the CPU build is taken where an index has it.
torch=$(grep '^torch==' "envs/$name.txt")
echo "[1/3] $torch"
if ! "$folder/bin/python" -m pip show torch >/dev/null 2>&1; then
    if command -v nvidia-smi >/dev/null 2>&1 || ! "${pip[@]}" install "$torch+cpu" 2>/dev/null; then
        "${pip[@]}" install "$torch"
    fi
fi
echo "[2/3] envs/$name.txt"
# COMET's list is whole; unbabel-comet alone asks for an older numpy than it needs.
requirements=(--requirement "envs/$name.txt")
if [ "$name" = comet ]; then requirements+=(--no-deps); fi
"${pip[@]}" install "${requirements[@]}"
if [ "$name" = workflow ]; then
    echo "[3/3] this package"
    "${pip[@]}" install --quiet --no-deps --no-build-isolation --editable .
fi
touch "$folder/.ready"
echo "$folder is ready"
