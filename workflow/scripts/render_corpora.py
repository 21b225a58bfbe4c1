"""Render the knowledge base as demonstration corpora, each in the file format of its upstream.

    python workflow/scripts/render_corpora.py --knowledge resources/knowledge_base.yaml --size 800 --seed 42 \
        --output-folder results/demo/corpora

reads   the knowledge base
writes  the files of RENDERED_FILES (medinjection.demo.corpora.rendering) below --output-folder, one subfolder each
"""

from pathlib import Path

from medinjection.demo.corpora.rendering import render_corpora
from medinjection.demo.knowledge.facts import load_knowledge_base
from medinjection.program import argument_parser, run_program


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--knowledge", type=Path, required=True, help="YAML file of terms and facts")
    parser.add_argument("--size", type=int, required=True, help="FrenchMedMCQA training questions, 20 to 200000")
    parser.add_argument("--seed", type=int, default=42, help="seed of every draw (default: 42)")
    parser.add_argument("--output-folder", type=Path, required=True, help="folder to write the corpora to")
    arguments = parser.parse_args()
    knowledge = load_knowledge_base(arguments.knowledge)
    render_corpora(knowledge, arguments.size, arguments.seed, arguments.output_folder)


if __name__ == "__main__":
    run_program(main)
