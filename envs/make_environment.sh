#!/usr/bin/env bash
# Make a virtual environment from its pinned requirements: envs/make_environment.sh NAME [PYTHON]
# NAME is workflow, comet, docs or checks; the environment is .venv/NAME and has a file .ready once it is whole.
# What pip says goes to .venv/NAME.log; here a step is a line.
set -euo pipefail
cd "$(dirname "$0")/.."
name=$1
python=${2:-python3}
folder=.venv/$name
log=.venv/$name.log
requirements=envs/$name.txt

fail() {
    echo "error: $1" >&2
    exit 1
}

elapsed() {
    printf '%d:%02d' $(((SECONDS - started) / 60)) $(((SECONDS - started) % 60))
}

# Run a command with its output in the log: step TITLE PACKAGES COMMAND...; on a terminal the line counts up while it runs.
step() {
    local title=$1 packages=$2 started=$SECONDS before seen process
    shift 2
    before=$(wc -l <"$log")
    "$@" >>"$log" 2>&1 &
    process=$!
    trap 'kill "$process" 2>/dev/null; exit 130' INT TERM # what runs in the background would go on
    while [ -t 1 ] && kill -0 "$process" 2>/dev/null; do
        seen=$(tail -n "+$((before + 1))" "$log" | grep -c '^Collecting' || true)
        printf '\r\033[K%s  %s  %s' "$title" "$(elapsed)" "$([ "$packages" -le 1 ] || echo "$seen of $packages packages")"
        sleep 1
    done
    local status=0
    wait "$process" || status=$?
    trap - INT TERM
    [ ! -t 1 ] || printf '\r\033[K'
    echo "$title  $([ "$status" -eq 0 ] && echo "done in" || echo "failed after") $(elapsed)"
    return "$status"
}

unreachable() {
    tail -n 200 "$log" | grep -qiE 'name resolution|NewConnectionError|network is unreachable|connection refused|ConnectTimeout|ProxyError'
}

# End with the reason: one sentence where it is the network, else the last lines of the log.
explain() {
    if unreachable; then
        fail "the package index cannot be reached: check the network or pip's index, then run make again (details: $log)"
    fi
    tail -n 15 "$log" >&2
    fail "$1; the lines above are the last ones of $log"
}

# A shim, as pyenv's, is there for versions that are not.
"$python" -c '' >/dev/null 2>&1 || fail "$python is not installed: name Python 3.11, 3.12 or 3.13, make PYTHON=python3.12 ..."
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
    fail "$("$python" --version 2>&1) found, Python 3.11, 3.12 or 3.13 is needed: make PYTHON=python3.12 ..."
"$python" -c 'import sys; sys.exit(sys.version_info >= (3, 14))' ||
    fail "$("$python" --version 2>&1) is too new: immutables, which Snakemake needs, has no wheel for it; make PYTHON=python3.13 ..."
{ mkdir -p .venv && : >"$log"; } 2>/dev/null ||
    fail "this user may not write in $PWD/.venv: clone to a folder of your own"
echo "Setting up $folder (once; a few minutes; details in $log)"
# What an interrupted set-up left may be broken in any place: only a whole environment is built upon.
[ -e "$folder/.ready" ] || rm -rf "$folder"
rm -f "$folder/.ready"
"$python" -m venv "$folder" >>"$log" 2>&1 ||
    fail "cannot make a virtual environment; on Debian and Ubuntu: apt-get install python3-venv"
pip=("$folder/bin/python" -m pip --disable-pip-version-check)

# Torch first and alone, so that nothing else chooses its build. Without a GPU the CPU build is taken where an index has it.
torch=$(grep '^torch==' "$requirements" || true)
install_torch() {
    "${pip[@]}" show torch >/dev/null 2>&1 && return
    if command -v nvidia-smi >/dev/null 2>&1 || ! "${pip[@]}" install "$torch+cpu"; then
        ! unreachable && "${pip[@]}" install "$torch"
    fi
}
# COMET's list is whole; unbabel-comet alone asks for an older numpy than it needs.
options=()
if [ "$name" = comet ]; then options=(--no-deps); fi
if [ -n "$torch" ]; then
    step "$torch" 1 install_torch || explain "$torch could not be installed"
fi
step "$requirements" "$(grep -c '==' "$requirements")" "${pip[@]}" install ${options[@]+"${options[@]}"} --requirement "$requirements" ||
    explain "the packages of $requirements could not be installed"
if [ "$name" = workflow ]; then
    step "this package" 1 "${pip[@]}" install --no-deps --no-build-isolation --editable . ||
        explain "this package could not be installed"
fi
touch "$folder/.ready"
echo "$folder is ready"
