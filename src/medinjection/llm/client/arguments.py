"""Command-line flags shared by the programs that ask a language model."""

import argparse
import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from medinjection.llm.client.client import Asker
from medinjection.llm.client.shards import Shard, journals_of_other_cuts, read_shard
from medinjection.llm.journal.journal import Journal
from medinjection.llm.language_model import Teacher
from medinjection.llm.limits.account import Account
from medinjection.llm.local_server.serving import Served, serving
from medinjection.records.errors import InputError


def add_teacher_arguments(parser: argparse.ArgumentParser, prompt: bool = True) -> None:
    """Add the flags that name a language model, its limits and its journal, and that of the system prompt if any."""
    group = parser.add_argument_group("language model")
    group.add_argument("--model", help="litellm model name, such as openai/gpt-4o")
    group.add_argument("--api-base", help="endpoint, where it is not the provider's own; a scripted model's file")
    group.add_argument(
        "--serve",
        metavar="JSON",
        help="serve the model in this job: an object with program (vllm or transformers), model and, as needed, "
        "revision, executable, arguments, start_timeout; instead of --model and --api-base",
    )
    group.add_argument("--mode", choices=("requests", "batch"), default="requests", help="default: requests")
    group.add_argument("--structured", action="store_true", help="send the JSON schema of the answer along")
    group.add_argument("--temperature", type=float, default=0.0, help="sampling temperature (default: 0)")
    group.add_argument("--max-tokens", type=int, default=4096, help="most tokens of one answer (default: 4096)")
    group.add_argument("--concurrency", type=int, default=16, help="requests in flight at once (default: 16)")
    group.add_argument("--requests-per-minute", type=int, help="limit over all jobs of the run (default: none)")
    group.add_argument("--tokens-per-minute", type=int, help="limit over all jobs of the run (default: none)")
    group.add_argument("--timeout", type=float, default=120.0, help="seconds for one request (default: 120)")
    group.add_argument("--extra", metavar="JSON", default="{}", help="further request parameters as a JSON object")
    group.add_argument("--input-cost-per-token", type=float, help="money per prompt token (default: unknown)")
    group.add_argument("--output-cost-per-token", type=float, help="money per answer token (default: unknown)")
    group.add_argument(
        "--batch-price-factor", type=float, default=0.5, help="price of a token in a batch as a share (default: 0.5)"
    )
    group.add_argument("--budget", type=float, help="most money for all journals below --account (default: no limit)")
    group.add_argument("--account", type=Path, help="folder of all journals of the run; shared limits are kept in it")
    group.add_argument("--attempts", type=int, default=3, help="how often a question is put at most (default: 3)")
    if prompt:
        group.add_argument("--prompt", type=Path, required=True, help="system prompt file, sent as it is")
    group.add_argument("--journal", type=Path, required=True, help="file that keeps every answer as it arrives")


def add_shard_argument(parser: argparse.ArgumentParser) -> None:
    """Add the flag that says which part of the work is done."""
    parser.add_argument(
        "--shard", type=read_shard, default=Shard(), metavar="K-of-N", help="part of the requests (default: 1-of-1)"
    )


def teacher_from_arguments(args: argparse.Namespace) -> Teacher:
    """Return the teacher that the parsed flags describe; one that is served has no endpoint yet.

    Raises:
        InputError: a number is out of range, --extra is no JSON object, overrides a flag or holds a secret, or there is
            not exactly one of --model and --serve.
    """
    for flag, value in (
        ("--max-tokens", args.max_tokens),
        ("--concurrency", args.concurrency),
        ("--attempts", args.attempts),
        ("--timeout", args.timeout),
    ):
        if value <= 0:
            raise InputError(f"{flag} is {value}, expected a number above 0")
    served = served_from_arguments(args)
    if (served is None) == (args.model is None):
        raise InputError("expected exactly one of --model and --serve")
    if (args.budget, args.requests_per_minute, args.tokens_per_minute) != (None, None, None) and not args.account:
        raise InputError("--budget and limits per minute need --account, the folder in which they are kept")
    return Teacher(
        model=served.litellm_model if served else args.model,
        api_base=args.api_base,
        endpoint_name=served.endpoint_name() if served else None,
        mode=args.mode,
        structured=args.structured,
        temperature=args.temperature,
        max_tokens=args.max_tokens,
        concurrency=args.concurrency,
        requests_per_minute=args.requests_per_minute,
        tokens_per_minute=args.tokens_per_minute,
        timeout=args.timeout,
        extra=_json_object("--extra", args.extra),
        input_cost_per_token=args.input_cost_per_token,
        output_cost_per_token=args.output_cost_per_token,
        batch_price_factor=args.batch_price_factor,
    )


def served_from_arguments(args: argparse.Namespace) -> Served | None:
    """Return the server that --serve describes. Raises InputError where it is no such object."""
    if args.serve is None:
        return None
    values = _json_object("--serve", args.serve)
    if "arguments" in values:
        values["arguments"] = tuple(values["arguments"])
    try:
        return Served(**values)
    except TypeError as error:
        raise InputError(f"--serve: {error}") from None


@contextmanager
def asker_from_arguments(args: argparse.Namespace) -> Iterator[Asker]:
    """Open the journal and give what stages ask with; a server of the teacher's own starts with the first request.

    Raises:
        InputError: as `teacher_from_arguments` does; the journal is open elsewhere.
    """
    teacher = teacher_from_arguments(args)
    served = served_from_arguments(args)
    account = Account(args.account, args.budget) if args.account else None
    with ExitStack() as opened:
        journal = opened.enter_context(Journal(args.journal, journals_of_other_cuts(args.journal)))

        def start() -> str:
            return opened.enter_context(serving(served, args.journal.with_suffix(".server.log")))

        yield Asker(teacher, journal, args.attempts, account=account, start_server=start if served else None)


def _json_object(flag: str, text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError as error:
        raise InputError(f"{flag} is not JSON ({error})") from error
    if not isinstance(value, dict):
        raise InputError(f"{flag} is a JSON {type(value).__name__}, expected an object")
    return value
