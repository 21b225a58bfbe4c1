"""Draw one training mix from the components (paper section 4.1; other shares and filters: docs/add-a-mix.md).

    python workflow/scripts/mix_records.py --mix NAT-TRAD --size 33493 --seed 42 \
        --part '{"component": "native"}' --part '{"component": "translated"}' \
        --component native=results/demo/components/native.parquet \
        --component translated=results/demo/components/translated.parquet \
        --output results/demo/mixes/NAT-TRAD.parquet --summary results/demo/mixes/NAT-TRAD.json

With `--size smallest` every component that the run has is given, for the smallest decides.

reads   components/<component>.parquet, and files of scores where a part names some
writes  mixes/<mix>.parquet, mixes/<mix>.json (size, seed, parts, counts, checksums of the inputs)
"""

import json
from pathlib import Path

from medinjection import __version__
from medinjection.mixes.drawing import describe_mix, draw_mix
from medinjection.mixes.recipe import SMALLEST, Recipe, read_part
from medinjection.mixes.size import choice_records, smallest_size
from medinjection.program import argument_parser, run_program
from medinjection.records.errors import InputError
from medinjection.records.files import sha256_of, write_table, write_text


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--mix", required=True, help="name of the mix")
    parser.add_argument("--part", required=True, action="append", metavar="JSON", help="a part of the mix; repeat")
    parser.add_argument("--component", required=True, action="append", metavar="NAME=FILE", help="a component; repeat")
    parser.add_argument(
        "--size", required=True, help=f"records in the mix, or {SMALLEST}: the choice records of the smallest component"
    )
    parser.add_argument("--seed", type=int, default=42, help="seed of the sampling (default: 42)")
    parser.add_argument("--output", required=True, help="parquet file of records to write")
    parser.add_argument("--summary", required=True, help="JSON file to write")
    arguments = parser.parse_args()

    files = dict(given.partition("=")[::2] for given in arguments.component)
    counts = choice_records(files) if arguments.size == SMALLEST else {}
    size = smallest_size(counts) if counts else whole_number(arguments.size)
    recipe = Recipe(arguments.mix, tuple(map(read_part, arguments.part)), size, arguments.seed)
    if missing := [part.component for part in recipe.parts if not files.get(part.component)]:
        raise InputError(f"--component: no file of {missing[0]}, expected {missing[0]}=FILE")
    drawn = draw_mix(recipe, files)
    parts = [
        {"part": gave.part.label, "share": gave.part.share, "available": gave.available, "taken": gave.taken}
        | ({"unscored": gave.unscored} if gave.part.scores else {})
        for gave in drawn.parts
    ]
    read = {part.component: files[part.component] for part in recipe.parts}
    read |= {f"scores of {part.label}": part.scores for part in recipe.parts if part.scores}
    inputs = {name: {"file": Path(file).name, "sha256": sha256_of(file)} for name, file in read.items()}
    summary: dict[str, object] = {"mix": recipe.name, "size": recipe.size, "seed": recipe.seed, "parts": parts}
    if counts:
        summary["size_is_smallest_of"] = counts
    summary |= {**describe_mix(drawn.records), "inputs": inputs, "version": __version__}
    write_text(arguments.summary, json.dumps(summary, ensure_ascii=False, indent=2) + "\n")
    write_table(arguments.output, drawn.records)


def whole_number(text: str) -> int:
    """Return a size. Raises InputError where the text is no whole number."""
    if not text.isdecimal():
        raise InputError(f"--size: found {text!r}, expected a whole number or {SMALLEST}")
    return int(text)


if __name__ == "__main__":
    run_program(main)
