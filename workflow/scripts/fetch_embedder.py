"""Bring the model that embeds instructions for Figure 4 into the run, from the Hugging Face hub.

    python workflow/scripts/fetch_embedder.py \
        --model-id sentence-transformers/paraphrase-multilingual-MiniLM-L12-v2 \
        --revision bf3bf13ab40c3157080a7ab344c831b9ad18b5eb --output results/paper/models/embedder

reads   the hub at the commit named
writes  models/embedder/: a sentence-transformers model with safetensors. No pickles, no code.
"""

from pathlib import Path

from medinjection.models.base.fetching import download_embedder
from medinjection.program import argument_parser, run_program


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--model-id", required=True, help="model on the Hugging Face hub")
    parser.add_argument("--revision", required=True, help="commit of the model on the hub")
    parser.add_argument("--output", required=True, type=Path, help="folder to write")
    arguments = parser.parse_args()
    download_embedder(arguments.model_id, arguments.revision, arguments.output)


if __name__ == "__main__":
    run_program(main)
