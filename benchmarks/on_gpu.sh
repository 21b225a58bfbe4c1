#!/usr/bin/env bash
# Measure on one GPU what docs/performance.md has goals for; the last line is one JSON object.
#
#     bash benchmarks/on_gpu.sh           # a model of Qwen3-4B's shape with random weights, on one GPU of 80 GB or more
#     bash benchmarks/on_gpu.sh --tiny    # the same programs on the CPU, as small as they can be: shows that each still runs
#
# Needs no network, downloads nothing and writes nothing but a temporary folder. Takes at most eight minutes: a program that
# exceeds its share is stopped, and its entry says so. Python is .venv/workflow's, else the one that PYTHON names.
# The exit code is 1 when a program failed or was stopped.
set -uo pipefail
cd "$(dirname "$0")/.."
python=${PYTHON:-.venv/workflow/bin/python}
[ -x "$python" ] || python=$(command -v "${PYTHON:-python3}")
export PYTHONPATH="$PWD/src${PYTHONPATH:+:$PYTHONPATH}" HF_HUB_OFFLINE=1 PYTHONUNBUFFERED=1
logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT

# measure NAME SECONDS PROGRAM ARGUMENTS...: its output to the screen and to a log.
measure() {
    local name=$1 seconds=$2
    shift 2
    echo "== $name"
    timeout --kill-after=5 "$seconds" "$python" "$@" 2>"$logs/$name.err" | tee "$logs/$name.out"
    echo "${PIPESTATUS[0]}" >"$logs/$name.rc"
}

if [ "${1:-}" = --tiny ]; then
    measure training 400 benchmarks/train_throughput.py --shape tiny --device cpu --steps 1 --gradient-accumulation-steps 1 \
        --variants ours "ours dropout 0"
    measure choice 400 benchmarks/choice_speed.py --shape tiny --device cpu --prompts 32 --batch-size 16
    measure open 400 benchmarks/open_throughput.py --shape tiny --device cpu --questions 4 --new-tokens 4
else
    measure training 230 benchmarks/train_throughput.py --shape qwen3-4b --device cuda --steps 2 --gradient-accumulation-steps 4
    measure choice 130 benchmarks/choice_speed.py --shape qwen3-4b --device cuda --prompts 20000
    measure open 110 benchmarks/open_throughput.py --shape qwen3-4b --device cuda --questions 512 --new-tokens 128 --batch-size 256
fi

"$python" - "$logs" <<'PYTHON'
import json
import sys
from pathlib import Path

# Goals for one H200, as docs/performance.md states them.
GOALS = {"tokens_per_second": 8500, "tokens_per_second_dropout0": 15000, "times_released": 2.0, "times_released_dropout0": 3.5}
MINUTES_OF_100000_PROMPTS = 8

logs = Path(sys.argv[1])
found, failed = {}, []
for path in sorted(logs.glob("*.rc")):
    name, status = path.stem, path.read_text().strip()
    lines = (logs / f"{name}.out").read_text().splitlines()
    if status == "0" and lines:
        found[name] = json.loads(lines[-1])
        continue
    failed.append(name)
    said = (logs / f"{name}.err").read_text().strip().splitlines()
    found[name] = {"error": "stopped: it took too long" if status in ("124", "137") else (said or ["no output"])[-1]}

rows = found["training"].get("variants", {})
speed = {name: row["tokens_per_second"] for name, row in rows.items() if "tokens_per_second" in row}
released, ours, ours_0 = (speed.get(name) for name in ("released", "ours", "ours dropout 0"))
reached = {"tokens_per_second": ours, "tokens_per_second_dropout0": ours_0}
if released:
    reached |= {"times_released": ours and ours / released, "times_released_dropout0": ours_0 and ours_0 / released}
found["goals"] = {
    name: {"goal": goal, "measured": round(value, 2), "reached": value >= goal}
    for name, goal in GOALS.items()
    if (value := reached.get(name))
}
if rate := found["choice"].get("prompts_per_second"):
    minutes = 100_000 / rate / 60
    found["goals"]["minutes_of_100000_prompts"] = {
        "goal": MINUTES_OF_100000_PROMPTS, "measured": round(minutes, 2), "reached": minutes <= MINUTES_OF_100000_PROMPTS
    }
print(json.dumps(found))
sys.exit(1 if failed else 0)
PYTHON
