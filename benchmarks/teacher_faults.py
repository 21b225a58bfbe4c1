"""Put many requests to a server with all kinds of faults: each must end answered, or rejected with a reason.

The scripted server runs on the loopback interface and draws each fault for a share of the requests: rate limits with
and without Retry-After, server errors, hanging, slow, cut off and unreadable answers, prose, another schema,
truncation, refusals, a content filter. (A rejected key is no part of it: it ends a run at once, as it should.)
An answer only counts where it is the translation of the very question that was asked.

Then the same with batches, half of which fail or expire half done, with lines in the error file and bad content.

Example: python benchmarks/teacher_faults.py
         python benchmarks/teacher_faults.py --requests 1000 --batch-requests 200

prints  the server's faults, the reasons of rejects, and as its last line one JSON object: requested, answered,
        rejected, repeated_answered (requests that the server answered whole more than once), the same of batches under
        names with batch_ before them, agrees, seconds

The exit code is 1 where the sums do not agree with the server's own count: requested = answered + rejected; answered =
requests that the server answered well; entries in the journal = requests that it answered at all.
"""

import argparse
import json
import logging
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from loopback_requests import KNOWLEDGE_BASE, open_client, questions, translated

from medinjection.demo.server.process import RunningServer, scripted_server_process
from medinjection.demo.teacher.faults import BATCH_FAULTS, CONTENT_FAULTS, LINE_FAULTS, TRANSPORT_FAULTS
from medinjection.llm.client.conversation import Answer
from medinjection.llm.journal.journal import Journal
from medinjection.program import run_program

REQUESTS, BATCH_REQUESTS, SHARE, CONCURRENCY, TIMEOUT = 20_000, 2_000, 0.05, 256, 10.0
# Of each of two faults; there are few batches, so that a small share would hit none.
BATCH_SHARE = 0.25


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=REQUESTS, help=f"requests (default: {REQUESTS})")
    parser.add_argument(
        "--batch-requests", type=int, default=BATCH_REQUESTS, help=f"requests in batches (default: {BATCH_REQUESTS})"
    )
    parser.add_argument("--share", type=float, default=SHARE, help=f"share of each fault (default: {SHARE})")
    parser.add_argument("--concurrency", type=int, default=CONCURRENCY, help=f"in flight (default: {CONCURRENCY})")
    parser.add_argument("--timeout", type=float, default=TIMEOUT, help=f"seconds of a request (default: {TIMEOUT:g})")
    arguments = parser.parse_args()
    logging.getLogger("medinjection").setLevel(logging.ERROR)
    share = arguments.share
    each = dict.fromkeys(TRANSPORT_FAULTS + CONTENT_FAULTS, share)
    batches = dict.fromkeys(CONTENT_FAULTS + LINE_FAULTS, share) | dict.fromkeys(BATCH_FAULTS, BATCH_SHARE)
    started = time.monotonic()
    figures, agrees = put(arguments, "requests", arguments.requests, each)
    batch_figures, batches_agree = put(arguments, "batch", arguments.batch_requests, batches)
    figures |= {f"batch_{name}": figure for name, figure in batch_figures.items()}
    figures |= {"agrees": agrees and batches_agree, "seconds": round(time.monotonic() - started, 1)}
    print(json.dumps(figures))
    if not figures["agrees"]:
        sys.exit(1)


def put(arguments: argparse.Namespace, mode: str, count: int, faults: dict[str, float]) -> tuple[dict[str, int], bool]:
    """Put `count` requests to a server with these faults; return the figures, and whether they agree with its count."""
    with tempfile.TemporaryDirectory() as folder, scripted_server_process(KNOWLEDGE_BASE, faults) as server:
        with Journal(Path(folder) / "journal.jsonl") as journal:
            ours = open_client(server.url, journal, arguments.concurrency, arguments.timeout, mode)
            outcomes = Counter(
                "" if isinstance(outcome, Answer) else outcome.reason or "no reason"
                for outcome in ours.ask(questions(count, mode), translated, mode, count)
            )
            entries = len(journal)
        counts = settled(server)
    return compare(mode, count, outcomes, entries, counts["batches"] if mode == "batch" else counts)


def settled(server: RunningServer) -> dict[str, Any]:
    """Return the server's counts when it works on nothing any more."""
    while (counts := server.counts())["in_progress"]:
        time.sleep(0.1)
    return counts


def compare(
    mode: str, requested: int, outcomes: Counter[str], entries: int, counts: dict[str, Any]
) -> tuple[dict[str, int], bool]:
    """Print what came of the requests beside the server's count; return the figures, and whether all sums agree."""
    answered = outcomes.pop("", 0)
    rejected = outcomes.total()
    print(f"{mode}:", ", ".join(f"{name} {count}" for name, count in counts["by_fault"].items()))
    for reason, count in outcomes.most_common(8):
        print(f"{count:6} rejected: {reason}")
    sums = {
        "requested, and answered or rejected": (requested, answered + rejected),
        "answered, and answered well by the server": (answered, counts["answered_well"]),
        "in the journal, and answered by the server": (entries, counts["answered_distinct"]),
        "rejected without a reason, and expected": (outcomes["no reason"], 0),
    }
    for name, (here, there) in sums.items():
        print(f"{name}: {here} and {there}{'' if here == there else ', NOT THE SAME'}")
    repeated = counts["repeated_answered"]
    figures = {"requested": requested, "answered": answered, "rejected": rejected, "repeated_answered": repeated}
    return figures, all(here == there for here, there in sums.values())


if __name__ == "__main__":
    run_program(main)
