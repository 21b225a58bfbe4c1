# MedInjection-FR from raw corpora to the paper's tables. The rules are in workflow/rules/, in the order the data flows.
import sys
from pathlib import Path

from snakemake.utils import min_version

min_version("9.0")

# The folder of this file, also where workflow/Snakefile includes it.
CHECKOUT = str(workflow.current_basedir)
# Jobs and rules find the package in a checkout even where it is not installed, as in an environment that conda makes.
sys.path.insert(0, str(Path(CHECKOUT) / "src"))

from medinjection.plan.notices.targets import check_targets, named_targets
from medinjection.plan.places import check_places
from medinjection.records.errors import InputError

try:
    check_places(Path(CHECKOUT), Path.cwd())
except InputError as error:
    raise WorkflowError(str(error)) from None

if not workflow.configfiles:

    configfile: "config/config.yaml"


# What `snakemake --report` begins with.
report: "workflow/report/workflow.rst"


include: "workflow/rules/common.smk"


rule all:
    """Everything: the report, which needs all that comes before."""
    input:
        REPORT or expand(f"{RUN}/tables/table{{number}}.csv", number=TABLES),
        AUDIT,
        CLAIMS,
        f"{RUN}/dataset/README.md" if PLAN.has_dataset else [],
        COST,
        f"{RUN}/leaderboard.html",
        EXPLORER,
        (
            f"{RUN}/human/review.html"
            if ANSWERS.open_models and not PLAN.precomputed
            else []
        ),
        HUMAN_AGREEMENT,


rule components:
    """The three components of the dataset."""
    input:
        expand(f"{RUN}/components/{{component}}.parquet", component=COMPONENTS),


rule mixes:
    """The training mixes."""
    input:
        expand(f"{RUN}/mixes/{{mix}}.parquet", mix=MIXES),


rule models:
    """The base models and every model made from them."""
    input:
        expand(f"{RUN}/models/{{model}}/run.json", model=LOADED),


rule merged:
    """Every trained adapter merged into its base: whole models, to publish or to serve."""
    input:
        expand(f"{RUN}/merged/{{model}}/run.json", model=TRAINED),


rule predictions:
    """The answers of every model."""
    input:
        expand(
            f"{RUN}/predictions/{{model}}/{{kind}}.parquet",
            model=MODELS,
            kind=["choice", "open"],
        ),


rule tables:
    """The paper's tables, ours beside the published values, and what the audit says of them."""
    input:
        expand(f"{RUN}/tables/table{{number}}.csv", number=TABLES),
        f"{RUN}/tables/ledger.csv" if PLAN.has_dataset else [],
        AUDIT,
        CLAIMS,


rule figures:
    """The paper's figures, with the numbers behind them."""
    input:
        expand(f"{RUN}/figures/fig{{number}}.svg", number=FIGURES),


rule leaderboard:
    """All models beside each other: the exam's marks, tests, slices, costs; suspect answer keys."""
    input:
        f"{RUN}/leaderboard.html",
        f"{RUN}/scores/suspect_keys.csv" if ANSWERS.questions else [],


rule explorer:
    """The page on which single questions are looked at, with what each model answered."""
    input:
        f"{RUN}/explorer",


rule shared_leaderboard:
    """The answers of this run's models, added to the leaderboard that several runs share."""
    input:
        f"{RUN}/leaderboard/added",


rule export:
    """The choice questions in the formats of lm-evaluation-harness, lighteval, Inspect and EuroEval."""
    input:
        f"{RUN}/export",


rule human_review:
    """The page and the csv on which physicians rate answers; where they did, how far they agree."""
    input:
        f"{RUN}/human/review.html",
        f"{RUN}/human/review.csv",
        HUMAN_AGREEMENT,


rule dataset:
    """The dataset with its card, ready to publish."""
    input:
        f"{RUN}/dataset/README.md",


rule cost_estimate:
    """The price of the whole configured run, before anything is spent."""
    input:
        f"{RUN}/cost_estimate.csv",


rule resources_estimate:
    """The jobs, GPU hours and time of the whole configured run, before anything is started."""
    input:
        f"{RUN}/resources_estimate.csv",


rule shared_answers:
    """Predictions, judgements and scores to give to another site, without a text that may not be given away."""
    input:
        f"{RUN}/shared/manifest.json",


rule bundle:
    """The folder of the run as an RO-Crate: its results with inputs, settings and versions."""
    input:
        f"{RUN}/ro-crate-metadata.json",


# Precomputed predictions are only scored and shown: no rule is there that could make more.
if not PLAN.precomputed:

    # The only rules that know the demonstration: a run that makes neither corpora nor a base model does without.
    if PLAN.makes_its_own_corpora or PLAN.pretrained_bases:

        include: "workflow/rules/demo.smk"
    include: "workflow/rules/corpora.smk"
    include: "workflow/rules/translation.smk"
    include: "workflow/rules/translation_quality.smk"
    include: "workflow/rules/conversion.smk"
    include: "workflow/rules/generation.smk"
    include: "workflow/rules/components.smk"
    include: "workflow/rules/dataset.smk"
    include: "workflow/rules/quality.smk"
    include: "workflow/rules/mixes.smk"
    include: "workflow/rules/training.smk"
    include: "workflow/rules/model_reports.smk"
    include: "workflow/rules/prediction.smk"
    include: "workflow/rules/judging.smk"
    include: "workflow/rules/cost.smk"
    include: "workflow/rules/sharing.smk"


include: "workflow/rules/scoring.smk"
include: "workflow/rules/leaderboard.smk"


if ANSWERS.questions:

    include: "workflow/rules/export.smk"


include: "workflow/rules/human.smk"
include: "workflow/rules/report.smk"


if EXPLORED:

    include: "workflow/rules/explorer.smk"


include: "workflow/rules/cluster.smk"


# Only where a person starts this workflow itself: jobs have targets of their own, another Snakefile has more rules.
if workflow.is_main_process and str(workflow.main_snakefile) in (
    f"{CHECKOUT}/Snakefile",
    f"{CHECKOUT}/workflow/Snakefile",
):
    try:
        check_targets(
            named_targets(sys.argv),
            [rule.name for rule in workflow.rules],
            [rule.name for rule in workflow.rules if not rule.output],
            RUN,
        )
    except InputError as error:
        raise WorkflowError(str(error)) from None
