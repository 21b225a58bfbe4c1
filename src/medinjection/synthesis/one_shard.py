"""One shard of a stage in which a teacher makes records: what translating, converting and generating share."""

import argparse
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeVar

from medinjection.llm.client.arguments import add_llm_arguments, add_shard_argument, open_client
from medinjection.llm.client.client import Client
from medinjection.llm.client.prompts import Prompt, read_prompt
from medinjection.records.conservation import Reject, write_shard
from medinjection.records.schema import Record

Item = TypeVar("Item")
# Records, rejects, and how many rows went in: as many as both together.
Made = tuple[list[Record], list[Reject], int]


def add_stage_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the flags of a shard: what is read and written, which part of it, and who is asked."""
    parser.add_argument("--input", type=Path, required=True, help="parquet file of records or documents")
    parser.add_argument("--output", type=Path, required=True, help="parquet file of records to write")
    add_shard_argument(parser)
    add_llm_arguments(parser)


def make_shard(
    args: argparse.Namespace,
    read: Callable[[Path], Iterable[Item]],
    request: Callable[[Item], str],
    make: Callable[[list[Item], Prompt, Client], Made],
) -> None:
    """Have a teacher make records of the items that a shard holds, and write records and rejects.

    Args:
        args: the parsed flags of `add_stage_arguments`.
        read: yields the items of --input.
        request: returns the text that decides which shard holds an item.
        make: asks the teacher.

    Raises:
        InputError: a file is missing or not what it should be, or the model cannot be asked.
    """
    prompt = read_prompt(args.prompt)
    items = [item for item in read(args.input) if args.shard.holds(request(item))]
    with open_client(args) as client:
        kept, rejects, rows_in = make(items, prompt, client)
    write_shard(args.output, kept, rejects, rows_in)
