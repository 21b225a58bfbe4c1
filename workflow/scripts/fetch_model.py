"""Bring a model into the run, from the Hugging Face hub or from a folder.

    python workflow/scripts/fetch_model.py --kind base --model-id Qwen/Qwen3-4B-Instruct-2507 \
        --revision cdbee75f17c01a7cc42f958dc650907174af0554 --output results/paper/models/base
    python workflow/scripts/fetch_model.py --kind released --path /data/QWEN-4B-NAT --output results/paper/models/NAT

reads   the hub at the commit named (HF_ENDPOINT names a mirror, HF_TOKEN opens models with terms), or the folder
writes  models/<model>/: a model, an adapter or an embedding model in safetensors; run.json (last), not for an embedding
        model and that of BERTScore. No pickles, no code.
"""

from pathlib import Path
from typing import get_args

from medinjection.models.base.fetching import Kind, copy_model, download_model
from medinjection.program import argument_parser, run_program
from medinjection.records.errors import InputError


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument(
        "--kind",
        required=True,
        choices=get_args(Kind),
        help="a base model, a released model or adapter, a whole model that is evaluated as it is, the model that "
        "embeds instructions, or that of BERTScore",
    )
    parser.add_argument("--model-id", help="model on the Hugging Face hub")
    parser.add_argument(
        "--revision",
        help="commit of the model on the hub; of released and evaluated ones the newest by default",
    )
    parser.add_argument("--path", type=Path, help="folder of the model, instead of the hub")
    parser.add_argument("--template", type=Path, help="chat template that takes the place of the model's own")
    parser.add_argument("--output", required=True, type=Path, help="folder to write")
    arguments = parser.parse_args()

    if (arguments.path is None) == (arguments.model_id is None):
        raise InputError("expected exactly one of --model-id and --path")
    if arguments.path:
        copy_model(arguments.kind, arguments.path, arguments.output, arguments.template)
    elif not arguments.revision and arguments.kind not in ("evaluated", "released"):
        raise InputError("--model-id without --revision: name the commit, so that the run can be repeated")
    else:
        download_model(arguments.kind, arguments.model_id, arguments.revision, arguments.output, arguments.template)


if __name__ == "__main__":
    run_program(main)
