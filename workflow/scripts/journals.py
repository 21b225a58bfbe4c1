"""Look into journals, or take lines out of them so that their questions are asked again.

    python workflow/scripts/journals.py inspect results/paper/journals
    python workflow/scripts/journals.py prune results/paper/journals/translate_source --cut-off --refused --dry-run

`inspect` only reads, also while jobs work. `prune` rewrites a journal in one step, not while a job has it open. What
a stage made of the removed answers is made anew once its output is removed, or asked for with `--forcerun`.

reads   journals
writes  inspect: nothing; prune: the journals
"""

import argparse
import logging
from pathlib import Path

from medinjection.llm.journal.care import Criteria, inspect_journal, journals_in, prune_journal
from medinjection.llm.journal.table import inspection_json, inspection_table, pruning_text
from medinjection.program import argument_parser, run_program
from medinjection.records.errors import InputError


def main() -> None:
    parser = argument_parser(__doc__)
    commands = parser.add_subparsers(required=True)
    inspect = commands.add_parser("inspect", help="say what is in journals", description=inspect_journals.__doc__)
    inspect.set_defaults(command=inspect_journals)
    inspect.add_argument("path", type=Path, help="a journal, or a folder with journals")
    inspect.add_argument("--json", action="store_true", help="one JSON object instead of a table")
    prune = commands.add_parser("prune", help="remove lines from journals", description=prune_journals.__doc__)
    prune.set_defaults(command=prune_journals)
    prune.add_argument("path", type=Path, help="a journal, or a folder with journals")
    prune.add_argument("--damaged", action="store_true", help="lines that are no entries")
    prune.add_argument("--repeated", action="store_true", help="answers to a request that a later line answers too")
    prune.add_argument("--cut-off", action="store_true", help="answers that ended at the token limit")
    prune.add_argument("--refused", action="store_true", help="refusals of the model or of a content filter")
    prune.add_argument("--empty", action="store_true", help="answers without text")
    prune.add_argument("--model", action="append", default=[], help="answers of this model; may be repeated")
    prune.add_argument("--keys", type=Path, help="file with keys of requests, one a line (`request_id` of records)")
    prune.add_argument("--dry-run", action="store_true", help="only say what would be removed")
    args = parser.parse_args()
    args.command(args)


def inspect_journals(args: argparse.Namespace) -> None:
    """Say what each journal holds: answers, tokens, money, what was cut off, damage. Only reads."""
    contents = [inspect_journal(path) for path in journals_in(args.path)]
    print(inspection_json(contents) if args.json else inspection_table(contents, args.path))


def prune_journals(args: argparse.Namespace) -> None:
    """Remove the lines that meet any of the criteria that are given; their questions are asked again.

    A judge with a small token limit may have given a whole score in an answer that was cut off.
    """
    if args.keys and not args.keys.is_file():
        raise InputError(f"{args.keys}: no such file of keys")
    keys = frozenset(args.keys.read_text("utf-8-sig").split()) if args.keys else frozenset()
    if args.keys and not keys:
        raise InputError(f"{args.keys}: holds no key, expected one a line")
    flags = {name: getattr(args, name) for name in ("damaged", "repeated", "cut_off", "refused", "empty")}
    criteria = Criteria(**flags, models=frozenset(args.model), keys=keys)
    done = [prune_journal(path, criteria, args.dry_run) for path in journals_in(args.path)]
    print(pruning_text(done, "would be removed" if args.dry_run else "removed"))
    if missing := sorted(keys.difference(*(pruned.found for pruned in done))):
        logging.warning("%d of %d keys are in no journal, such as %s", len(missing), len(keys), missing[0])


if __name__ == "__main__":
    run_program(main)
