"""Bring a model into the cache of the Hugging Face hub, where a program finds it that loads it by its name.

    python workflow/scripts/fetch_cached.py --model-id google/medgemma-27b-text-it \
        --revision 6b08c481126ff65a9b8fa5ab4d691b152b8edb5d --output results/paper/hub_cache/llms/medgemma-27b.json

reads   the hub at the commit named (HF_ENDPOINT names a mirror, HF_TOKEN opens models with terms)
writes  the hub's cache (HF_HOME); --output, which names the files that are there
"""

from pathlib import Path

from medinjection.models.base.hub_cache import fill_hub_cache
from medinjection.program import argument_parser, run_program


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--model-id", required=True, help="model on the Hugging Face hub")
    parser.add_argument("--revision", required=True, help="commit of the model on the hub")
    parser.add_argument("--encoder", help="model whose tokenizer and configuration are wanted too")
    parser.add_argument("--output", required=True, type=Path, help="JSON file to write when all is there")
    arguments = parser.parse_args()

    fill_hub_cache(arguments.model_id, arguments.revision, arguments.output, arguments.encoder)


if __name__ == "__main__":
    run_program(main)
