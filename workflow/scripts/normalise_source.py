"""Turn the upstream files of one source into records or documents, with what was rejected and why.

Example: python workflow/scripts/normalise_source.py --registry config/sources.yaml \
             --specialties config/specialties.yaml --source frenchmedmcqa \
             --raw results/sample/raw/frenchmedmcqa --output results/sample/records/native/frenchmedmcqa.parquet

reads   the registry, the specialties, and the files in --raw that its manifest.json names
writes  <output> and <output without .parquet>.rejects.parquet; rows read = rows in both
"""

from pathlib import Path

from medinjection.program import argument_parser, run_program
from medinjection.records.errors import InputError
from medinjection.sources.normalise import normalise_source
from medinjection.sources.registry import for_component, load_registry, pick_source
from medinjection.sources.specialties import load_specialties
from medinjection.sources.splits import parse_split_shares


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--registry", type=Path, required=True, help="the source registry, config/sources.yaml")
    parser.add_argument("--specialties", type=Path, required=True, help="mapping of labels, config/specialties.yaml")
    parser.add_argument("--source", required=True, help="name of the source in the registry")
    parser.add_argument("--component", help="of a source that holds all components, the one that is taken")
    parser.add_argument("--raw", type=Path, required=True, help="folder that fetch_source wrote")
    parser.add_argument("--output", type=Path, required=True, help="parquet file to write")
    parser.add_argument("--limit", type=int, help="maximum number of items, chosen by a keyed hash of their ids")
    parser.add_argument("--seed", type=int, default=42, help="key of the hash for --limit and --split-shares")
    parser.add_argument("--split-shares", help="split anew by id: train=0.8,validation=0.1,test=0.1")
    parser.add_argument("--max-reject-share", type=float, default=0.05, help="maximum share of defective rows, 0 to 1")
    arguments = parser.parse_args()
    if arguments.limit is not None and arguments.limit < 1:
        raise InputError(f"--limit: found {arguments.limit}, expected a whole number above 0")
    source = pick_source(load_registry(arguments.registry), arguments.source, arguments.registry)
    normalise_source(
        for_component(source, arguments.component),
        arguments.raw,
        load_specialties(arguments.specialties),
        arguments.output,
        arguments.max_reject_share,
        limit=arguments.limit,
        seed=arguments.seed,
        split_shares=parse_split_shares(arguments.split_shares) if arguments.split_shares else None,
    )


if __name__ == "__main__":
    run_program(main)
