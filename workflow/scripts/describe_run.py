"""Describe the folder of a finished run as a Workflow Run RO-Crate: inputs, settings, versions and results.

    python workflow/scripts/describe_run.py --run-folder results/demo --snakefile Snakefile --snakemake 9.27.1 \
        --environment envs/workflow.txt --citation CITATION.cff --settings '{"run": "demo"}'

reads   everything that is a result in the folder, raw/<source>/manifest.json
writes  ro-crate-metadata.json in the folder, and provenance/ with copies of what made the run
"""

from pathlib import Path

from medinjection.program import argument_parser, run_program
from medinjection.reporting.remark import add_remark_arguments, remark_from
from medinjection.sharing.crate import MadeWith, write_crate


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--run-folder", type=Path, required=True, help="folder of the run")
    parser.add_argument("--snakefile", type=Path, required=True, help="the workflow's entry point")
    parser.add_argument("--snakemake", required=True, help="version of Snakemake")
    parser.add_argument("--environment", type=Path, required=True, help="file of pinned packages")
    parser.add_argument("--citation", type=Path, required=True, help="the workflow's CITATION.cff")
    parser.add_argument("--settings", required=True, help="all settings of the run, as JSON")
    add_remark_arguments(parser)
    arguments = parser.parse_args()
    made_with = MadeWith(
        arguments.snakefile, arguments.snakemake, arguments.environment, arguments.citation, arguments.settings
    )
    write_crate(arguments.run_folder, made_with, str(remark_from(arguments)))


if __name__ == "__main__":
    run_program(main)
