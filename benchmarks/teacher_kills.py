"""Kill a run of many requests at random moments and start it again each time: no answered request is paid for twice.

The scripted server on the loopback interface counts how often it answered each request. A kill (signal 9) comes when it
has answered a number of requests drawn with --seed. After each kill the journal is read; a request that was answered
but is not in it was in flight, and may be asked once more, no other.

Example: python benchmarks/teacher_kills.py
         python benchmarks/teacher_kills.py --requests 500 --kills 3

prints  a line for each kill, and as its last line one JSON object: requested, answered, kills, repeated_answered,
        in_flight_at_kills, repeated_beyond_in_flight, most_in_flight, journal_damaged (unreadable lines before the last
        one, after any kill), seconds

The exit code is 1 where a request was answered twice that was not in flight at a kill, more were in flight than the
concurrency allows, the journal was damaged, or not every request is answered in the end.
"""

import argparse
import json
import logging
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from loopback_requests import as_it_is, open_client, questions

from medinjection.demo.server.process import RunningServer, scripted_server_process
from medinjection.llm.client.conversation import Answer
from medinjection.llm.journal.journal import Journal
from medinjection.program import run_program
from medinjection.records.errors import InputError

REQUESTS, KILLS, CONCURRENCY, LATENCY = 5_000, 10, 32, 0.05


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=REQUESTS, help=f"requests (default: {REQUESTS})")
    parser.add_argument("--kills", type=int, default=KILLS, help=f"kills (default: {KILLS})")
    parser.add_argument("--concurrency", type=int, default=CONCURRENCY, help=f"in flight (default: {CONCURRENCY})")
    parser.add_argument("--seed", type=int, default=42, help="draws the moments of the kills (default: 42)")
    parser.add_argument("--worker", nargs=2, metavar=("URL", "JOURNAL"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    logging.getLogger("medinjection").setLevel(logging.ERROR)
    if arguments.worker:
        work(*arguments.worker, arguments.requests, arguments.concurrency)
        return
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder, scripted_server_process(latency=LATENCY) as server:
        figures = kill_often(arguments, server, Path(folder) / "journal.jsonl")
    figures["seconds"] = round(time.monotonic() - started, 1)
    print(json.dumps(figures))
    good = figures["answered"] == figures["requested"] and figures["most_in_flight"] <= arguments.concurrency
    if not good or figures["repeated_beyond_in_flight"] or figures["journal_damaged"]:
        sys.exit(1)


def work(url: str, path: str, requests: int, concurrency: int) -> None:
    """Ask everything as a stage would, and print how much is answered."""
    with Journal(path) as journal:
        ours = open_client(url, journal, concurrency)
        outcomes = ours.ask(questions(requests), as_it_is, "kills", requests)
        print(sum(isinstance(outcome, Answer) for outcome in outcomes))


def kill_often(arguments: argparse.Namespace, server: RunningServer, path: Path) -> dict[str, Any]:
    """Kill the worker at each moment drawn, let it finish at last, and return the figures."""
    rng = random.Random(arguments.seed)
    moments = sorted(rng.sample(range(1, arguments.requests), arguments.kills))
    command = [sys.executable, __file__, "--worker", server.url, str(path)]
    command += ["--requests", str(arguments.requests), "--concurrency", str(arguments.concurrency)]
    allowed: Counter[str] = Counter()
    flights, damaged = [], 0
    for moment in moments:
        kill_at(command, server, moment, path)
        journalled, bad = read_journal(path)
        answered = settled_ids(server)
        flying = [name for name in answered if name not in journalled]
        allowed.update(flying)
        flights.append(len(flying))
        damaged += bad
        print(
            f"killed after {moment} answers: {len(journalled)} in the journal, {len(flying)} in flight, {bad} damaged"
        )
    answered_at_last = int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    counts = server.counts(ids=True)
    return {
        "requested": arguments.requests,
        "answered": answered_at_last,
        "kills": arguments.kills,
        "repeated_answered": counts["repeated_answered"],
        "in_flight_at_kills": sum(flights),
        "repeated_beyond_in_flight": sum(max(0, times - 1 - allowed[name]) for name, times in counts["ids"].items()),
        "most_in_flight": max(flights, default=0),
        "journal_damaged": damaged,
    }


def kill_at(command: list[str], server: RunningServer, moment: int, path: Path) -> None:
    """Run the worker until the server has answered `moment` requests, and kill it.

    Raises:
        InputError: the worker ended by itself.
    """
    # Where the last one was killed late, this one is killed at its first answer.
    moment = max(moment, server.counts()["answered"] + 1)
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        while server.counts()["answered"] < moment:
            if process.poll() is not None:
                raise InputError(f"{path}: the run ended with status {process.returncode} before it was killed")
            time.sleep(0.005)
        process.kill()


def read_journal(path: Path) -> tuple[set[str], int]:
    """Return the ids of the answers in the journal, and how many of its lines but the last one are unreadable."""
    found, bad = set(), 0
    *lines, _ = path.read_bytes().split(b"\n")
    for line in lines:
        try:
            found.add(json.loads(line)["provider_request_id"])
        except (ValueError, KeyError, TypeError):
            bad += 1
    with Journal(path) as journal:
        return found, bad + (len(journal) != len(found))


def settled_ids(server: RunningServer) -> dict[str, int]:
    """Return how often each request was answered, when the server works on nothing any more."""
    while (counts := server.counts(ids=True))["in_progress"]:
        time.sleep(0.02)
    return counts["ids"]


if __name__ == "__main__":
    run_program(main)
