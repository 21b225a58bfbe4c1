"""Command-line flags shared by the programs that ask a language model."""

import argparse
import json
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from medinjection.llm.client.client import Client
from medinjection.llm.client.shards import Shard, journals_of_other_cuts, read_shard
from medinjection.llm.journal.journal import Journal
from medinjection.llm.language_model import LanguageModel, language_model
from medinjection.llm.limits.account import Account
from medinjection.llm.local_server.serving import serving
from medinjection.records.errors import InputError


def add_llm_arguments(parser: argparse.ArgumentParser, prompt: bool = True) -> None:
    """Add the flags that describe a language model, its limits and its journal, and where wanted the system prompt."""
    group = parser.add_argument_group("language model")
    group.add_argument(
        "--llm",
        metavar="JSON",
        required=True,
        help="the model: an object with the keys of LanguageModel in docs/configuration.md, "
        """such as '{"model": "openai/gpt-4o"}'""",
    )
    group.add_argument(
        "--llm-limits",
        metavar="JSON",
        default="{}",
        help="more keys of the model, such as those that decide no answer: concurrency, prices (default: none)",
    )
    group.add_argument(
        "--budget", type=float, help="maximum of money for all journals below --account (default: no limit)"
    )
    group.add_argument("--account", type=Path, help="folder of all journals of the run; shared limits are kept in it")
    if prompt:
        group.add_argument("--prompt", type=Path, required=True, help="system prompt file, sent as it is")
    group.add_argument("--journal", type=Path, required=True, help="file that keeps every answer as it arrives")


def add_shard_argument(parser: argparse.ArgumentParser) -> None:
    """Add the flag that says which part of the work is done."""
    parser.add_argument(
        "--shard", type=read_shard, default=Shard(), metavar="K-of-N", help="part of the requests (default: 1-of-1)"
    )


def llm_from_arguments(args: argparse.Namespace) -> LanguageModel:
    """Return the language model that the parsed flags describe.

    Raises:
        InputError: --llm or --llm-limits is no JSON object, or together they describe no model; a model to serve is
            not there; a limit that all jobs share has no folder to be kept in; there is a budget and no `max_tokens`.
    """
    values = _json_object("--llm", args.llm) | _json_object("--llm-limits", args.llm_limits)
    llm = language_model(values, "--llm")
    if llm.serve:
        llm.serve.require_model()
    if (args.budget, llm.requests_per_minute, llm.tokens_per_minute) != (None, None, None) and not args.account:
        raise InputError("--budget and limits per minute need --account, the folder in which they are kept")
    if args.budget is not None and llm.max_tokens is None:
        raise InputError("--budget needs a max_tokens of --llm: else what an answer may cost could not be told")
    return llm


@contextmanager
def open_client(args: argparse.Namespace, earlier: Sequence[Path] = ()) -> Iterator[Client]:
    """Open the journal and give the client that stages ask with; a server of its own starts with the first request.

    Args:
        earlier: journals whose answers count too, beside those of shards cut in another way; they are only read.

    Raises:
        InputError: as `llm_from_arguments` does; the journal is open elsewhere.
    """
    llm = llm_from_arguments(args)
    account = Account(args.account, args.budget) if args.account else None
    with ExitStack() as opened:
        journal = opened.enter_context(Journal(args.journal, [*journals_of_other_cuts(args.journal), *earlier]))
        start = None
        if llm.serve:
            server = serving(llm.serve, args.journal.with_suffix(".server.log"))
            start = partial(opened.enter_context, server)
        yield Client(llm, journal, account=account, start_server=start)


def _json_object(flag: str, text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError as error:
        raise InputError(f"{flag} is not JSON ({error})") from error
    if not isinstance(value, dict):
        raise InputError(f"{flag} is a JSON {type(value).__name__}, expected an object")
    return value
