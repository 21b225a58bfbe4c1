"""Bring the base model into the run, from the Hugging Face hub or from a folder.

    python workflow/scripts/fetch_base.py --model-id Qwen/Qwen3-4B-Instruct-2507 \
        --revision cdbee75f17c01a7cc42f958dc650907174af0554 --output results/paper/models/base
    python workflow/scripts/fetch_base.py --path /data/models/Qwen3-4B-Instruct-2507 --output results/paper/models/base

reads   the hub at the commit named, or the folder
writes  models/base/: safetensors, configuration, tokenizer, chat template; run.json (last). No pickles, no code.
"""

from pathlib import Path

from medinjection.models.base.fetching import copy_base, download_base
from medinjection.program import argument_parser, run_program
from medinjection.records.errors import InputError


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--model-id", help="model on the Hugging Face hub")
    parser.add_argument("--revision", help="commit of the model on the hub")
    parser.add_argument("--path", type=Path, help="folder of a Hugging Face model, instead of the hub")
    parser.add_argument("--output", required=True, type=Path, help="folder to write")
    arguments = parser.parse_args()

    if (arguments.path is None) == (arguments.model_id is None):
        raise InputError("expected exactly one of --model-id and --path")
    if arguments.path:
        copy_base(arguments.path, arguments.output)
    elif not arguments.revision:
        raise InputError("--model-id without --revision: name the commit, so that the run can be repeated")
    else:
        download_base(arguments.model_id, arguments.revision, arguments.output)


if __name__ == "__main__":
    run_program(main)
