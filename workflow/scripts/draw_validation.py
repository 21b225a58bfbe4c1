"""Draw the records on which every training of a run is validated after each epoch.

    python workflow/scripts/draw_validation.py --size 1000 --seed 42 \
        --component native=results/demo/components/native.parquet \
        --component translated=results/demo/components/translated.parquet \
        --output results/demo/mixes/validation.parquet --summary results/demo/mixes/validation.json

reads   components/<component>.parquet
writes  mixes/validation.parquet, mixes/validation.json (size, seed, parts, counts, checksums of the inputs)
"""

import json
from pathlib import Path

from medinjection import __version__
from medinjection.mixes.drawing import describe_mix, draw_mix, validation_recipe
from medinjection.program import argument_parser, run_program
from medinjection.records.files import sha256_of, write_table, write_text


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--component", required=True, action="append", metavar="NAME=FILE", help="a component; repeat")
    parser.add_argument("--size", required=True, type=int, help="maximum number of records")
    parser.add_argument("--seed", type=int, default=42, help="seed of the sampling (default: 42)")
    parser.add_argument("--output", required=True, help="parquet file of records to write")
    parser.add_argument("--summary", required=True, help="JSON file to write")
    arguments = parser.parse_args()

    files = dict(given.partition("=")[::2] for given in arguments.component)
    recipe = validation_recipe(arguments.size, arguments.seed, files)
    drawn = draw_mix(recipe, files, "validation")
    parts = [{"part": gave.part.label, "available": gave.available, "taken": gave.taken} for gave in drawn.parts]
    inputs = {name: {"file": Path(file).name, "sha256": sha256_of(file)} for name, file in files.items()}
    summary = {"mix": recipe.name, "size": recipe.size, "seed": recipe.seed, "parts": parts}
    summary |= {**describe_mix(drawn.records), "inputs": inputs, "version": __version__}
    write_text(arguments.summary, json.dumps(summary, ensure_ascii=False, indent=2) + "\n")
    write_table(arguments.output, drawn.records)


if __name__ == "__main__":
    run_program(main)
