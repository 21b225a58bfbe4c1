"""Print what a configured run asks of a cluster: jobs, submissions, GPU hours and time, before anything is started.

    python workflow/scripts/estimate_resources.py --output results/demo/resources_estimate.csv \
        --profile profiles/slurm/config.yaml --local-rules fetch_source report_page --requests '{"rule": "train_mix",
        "jobs": [{"gpus": 1, "threads": 8, "mem_mb": 64000, "minutes": 90, "runtime": 180}]}' \
        -- --configfile config/demo.yaml

What stands after `--` goes to Snakemake, which is asked for the jobs of the run and starts none.

reads   the configuration and the workflow; groups of the profile
writes  --output
"""

from pathlib import Path

from medinjection.plan.resources.dry_run import planned
from medinjection.plan.resources.estimate import estimate, estimate_csv, estimate_text, requests_of_flags
from medinjection.plan.resources.submissions import count_submissions, groups_of_profile, jobs_planned, rules_before
from medinjection.program import argument_parser, run_program
from medinjection.records.files import write_text


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument(
        "--requests", action="append", default=[], metavar="JSON", help="what the jobs of a rule ask for"
    )
    parser.add_argument("--local-rules", nargs="*", default=[], help="rules whose jobs are not submitted")
    parser.add_argument("--profile", type=Path, required=True, help="profile whose groups are submitted as one")
    parser.add_argument("--output", type=Path, required=True, help="CSV file to write")
    parser.add_argument("snakemake", nargs="*", help="arguments of Snakemake that name the configuration")
    args = parser.parse_args()

    jobs = jobs_planned(planned("--dry-run", "--quiet", "rules", "reason", arguments=args.snakemake))
    before = rules_before(planned("--rulegraph", arguments=args.snakemake))
    submissions = count_submissions(jobs, args.local_rules, groups_of_profile(args.profile))
    found = estimate(requests_of_flags(args.requests), submissions, before)
    write_text(args.output, estimate_csv(found))
    print(estimate_text(found))


if __name__ == "__main__":
    run_program(main)
