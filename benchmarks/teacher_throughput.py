"""Measure what the client costs per request, beside a bare loop over litellm, and how its memory grows.

The scripted server answers on the loopback interface, in a process of its own, after 50 ms. Rounds of the client
(journal and all) and of the bare loop take turns in one process, with the same requests and the same concurrency; their
answers must be the same. Only CPU time of the process is compared. The memory is measured against a server without
latency, the gain by processes on the shards of one set of requests.

Example: python benchmarks/teacher_throughput.py
         python benchmarks/teacher_throughput.py --requests 200 --rounds 2 --memory-requests 0

prints  a table, and as its last line one JSON object: ratio_to_litellm (median over the rounds of the loop's CPU time
        over the client's), requests_per_second_per_core (of the client, a second of CPU time), milliseconds_per_request
        and litellm_milliseconds_per_request (CPU), rss_growth_mb (resident memory from the first tenth of
        --memory-requests to the end), processes_speedup (two processes over one)

The exit code is 1 where the answers are not the same.
"""

import argparse
import asyncio
import json
import logging
import math
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from loopback_requests import MODEL, as_it_is, open_client, questions

from medinjection.demo.server.process import scripted_server_process
from medinjection.llm.client.conversation import Answer, Request
from medinjection.llm.client.shards import Shard
from medinjection.llm.journal.journal import Journal
from medinjection.llm.language_model import LanguageModel
from medinjection.program import run_program

REQUESTS, ROUNDS, CONCURRENCY, LATENCY, MEMORY_REQUESTS, PROCESSES = 1_000, 7, 64, 0.05, 100_000, 2


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=REQUESTS, help=f"of a round (default: {REQUESTS})")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"rounds of each side (default: {ROUNDS})")
    parser.add_argument("--concurrency", type=int, default=CONCURRENCY, help=f"in flight (default: {CONCURRENCY})")
    parser.add_argument(
        "--memory-requests",
        type=int,
        default=MEMORY_REQUESTS,
        help=f"requests while memory is watched, 0 to leave this out (default: {MEMORY_REQUESTS})",
    )
    parser.add_argument("--stage", nargs=3, metavar=("NAME", "URL", "ARGUMENT"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    logging.getLogger("medinjection").setLevel(logging.ERROR)
    if arguments.stage:
        name, url, argument = arguments.stage
        STAGES[name](url, argument, arguments.requests, arguments.concurrency)
        return
    figures, same = compare(arguments.requests, arguments.rounds, arguments.concurrency)
    figures["rss_growth_mb"] = memory_growth(arguments.memory_requests, arguments.concurrency)
    figures["processes_speedup"] = speedup(2 * arguments.requests, arguments.concurrency)
    for name, value in figures.items():
        print(f"{name:32} {value}")
    print(json.dumps(figures))
    if not same:
        sys.exit("error: the client and the bare loop got different answers")


def compare(requests: int, rounds: int, concurrency: int) -> tuple[dict[str, float | None], bool]:
    """Return the figures of the client beside the bare loop, and whether their answers were the same."""
    ours, bare, same = [], [], True
    with tempfile.TemporaryDirectory() as folder, scripted_server_process(latency=LATENCY) as server:
        # The first round imports and opens what both sides use, and is not counted.
        for number in range(rounds + 1):
            asked = list(questions(requests if number else 2 * concurrency, f"round {number}"))
            path = Path(folder) / f"{number}.jsonl"
            sides = [(bare, ask_bare, ()), (ours, ask_ours, (path,))]
            texts = []
            for times, ask, more in sides if number % 2 else sides[::-1]:
                started = time.process_time()
                texts.append(ask(server.url, asked, concurrency, *more))
                if number:
                    times.append((time.process_time() - started) / requests)
            same = same and texts[0] == texts[1] and len(texts[0]) == len(asked)
    cost, litellm_cost = statistics.median(ours), statistics.median(bare)
    figures = {
        "ratio_to_litellm": round(statistics.median(b / o for b, o in zip(bare, ours, strict=True)), 3),
        "requests_per_second_per_core": round(1 / cost, 1),
        "milliseconds_per_request": round(1000 * cost, 2),
        "litellm_milliseconds_per_request": round(1000 * litellm_cost, 2),
    }
    return figures, same


def ask_ours(url: str, asked: Sequence[Request], concurrency: int, path: Path) -> list[str]:
    """Return the answers that the client gives."""
    with Journal(path) as journal:
        outcomes = open_client(url, journal, concurrency).ask(asked, as_it_is, "client")
        return [outcome.text for outcome in outcomes if isinstance(outcome, Answer)]


def ask_bare(url: str, asked: Sequence[Request], concurrency: int) -> list[str]:
    """Return the answers that litellm gives to a bare loop."""
    os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
    import litellm

    litellm.suppress_debug_info = True
    parameters = LanguageModel(model=MODEL).parameters()
    texts = [""] * len(asked)
    waiting = iter(enumerate(asked))

    async def work() -> None:
        for place, request in waiting:
            response = await litellm.acompletion(
                model=MODEL, api_base=url, messages=list(request.messages), timeout=60.0, max_retries=0, **parameters
            )
            texts[place] = response.choices[0].message.content

    async def work_all() -> None:
        await asyncio.gather(*(work() for _ in range(concurrency)))
        await litellm.close_litellm_async_clients()

    asyncio.run(work_all())
    return texts


def memory_growth(requests: int, concurrency: int) -> float | None:
    """Return by how many megabytes a process of the client grows from a tenth of the requests on."""
    if not requests:
        return None
    with tempfile.TemporaryDirectory() as folder, scripted_server_process() as server:
        command = staged("memory", server.url, f"{folder}/journal.jsonl", requests, concurrency)
        first, last = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return round(last - first, 1)


def watch_memory(url: str, path: str, requests: int, concurrency: int) -> None:
    """Ask, and print the resident megabytes after a tenth of the requests and at the end."""
    with Journal(path) as journal:
        outcomes = open_client(url, journal, concurrency).ask(questions(requests), as_it_is, "memory", requests)
        sizes = [resident_megabytes() for number, _ in enumerate(outcomes, 1) if number in (requests // 10, requests)]
    print(json.dumps(sizes))


def resident_megabytes() -> float:
    """Return the resident memory of this process (proc(5), statm)."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def speedup(requests: int, concurrency: int) -> float:
    """Return how much sooner processes over shards end than one process, start-up apart."""
    seconds: dict[int, float] = {}
    with tempfile.TemporaryDirectory() as folder, scripted_server_process(latency=LATENCY) as server:
        command = staged("shard", server.url, folder, requests, concurrency)
        # The better of two, as other work on the machine can only slow a run down.
        for count in (1, PROCESSES, 1, PROCESSES):
            seconds[count] = min(run_shards(command, count), seconds.get(count, math.inf))
    return round(seconds[1] / seconds[PROCESSES], 2)


def run_shards(command: list[str], count: int) -> float:
    """Return the seconds from the moment when all processes are warm until the last has asked its shard."""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    workers = [subprocess.Popen(command, **pipes) for _ in range(count)]
    try:
        for worker in workers:
            worker.stdout.readline()
        started = time.monotonic()
        for number, worker in enumerate(workers, 1):
            worker.stdin.write(f"{number} {count}\n")
            worker.stdin.flush()
        for worker in workers:
            worker.stdout.readline()
        return time.monotonic() - started
    finally:
        for worker in workers:
            worker.kill()
            worker.communicate()


def ask_shard(url: str, folder: str, requests: int, concurrency: int) -> None:
    """Warm up, read from standard input which shard to ask, ask it, and say so."""
    own = Path(folder) / str(os.getpid())
    with Journal(own / "journal.jsonl") as journal:
        client = open_client(url, journal, concurrency)
        list(client.ask(questions(concurrency, f"warm {os.getpid()}"), as_it_is, "warming up", concurrency))
        print("warm", flush=True)
        shard = Shard(*map(int, input().split()))
        mine = [r for r in questions(requests, f"cut {shard.count}") if shard.holds(r.messages[-1]["content"])]
        list(client.ask(mine, as_it_is, f"shard {shard}"))
        print("done", flush=True)


def staged(name: str, url: str, argument: str, requests: int, concurrency: int) -> list[str]:
    """Return the command that runs a stage in a process of its own."""
    command = [sys.executable, __file__, "--stage", name, url, argument]
    return [*command, "--requests", str(requests), "--concurrency", str(concurrency)]


STAGES = {"memory": watch_memory, "shard": ask_shard}

if __name__ == "__main__":
    run_program(main)
