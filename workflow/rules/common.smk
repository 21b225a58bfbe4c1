# The configuration, and names that rules share; what a run consists of is worked out in `medinjection.plan`. No rules.
import os
from datetime import date
from functools import partial
from os.path import dirname as parent
from pathlib import Path

from medinjection.config.reading import check_settings, origin_of
from medinjection.plan.evaluation.bertscore import (
    bertscore_files,
    bertscore_flags,
    bertscore_of,
)
from medinjection.plan.caches import OFFLINE, cache_folders, kept_fingerprints, online
from medinjection.plan.command import (
    command_of_run,
    configuration_flags,
    interpreter as python_of,
)
from medinjection.plan.notices.differences import difference_flags
from medinjection.plan.evaluation.leaderboard import answer_runs
from medinjection.plan.evaluation.embedding import embedder_files, embedder_flags
from medinjection.plan.evaluation.judging import consistency_files
from medinjection.plan.evaluation.named_models import unpinned_warnings
from medinjection.plan.code.remembered import RememberedFingerprints
from medinjection.plan.flags import any_of, as_written, flag, named_words, optional
from medinjection.plan.llms import cached_llms, llm_files, llm_flags, provider_of
from medinjection.plan.forecast.mix_forecast import forecast_mixes
from medinjection.plan.mixes import (
    component_files,
    mix_flags,
    score_files,
    validation_files,
    validation_mix,
)
from medinjection.plan.models import WITH_WEIGHTS, names_of
from medinjection.plan.priced_jobs import (
    answered_files,
    job_files,
    job_flags,
    journals_size,
    priced_jobs,
)
from medinjection.plan.prompts import in_english, prompt_files, prompt_flags
from medinjection.plan.report import (
    FIGURE_FILES,
    claimed_comet,
    figure_numbers,
    files_before_answers,
    left_out,
    table_numbers,
)
from medinjection.plan.report_entries import report_entry
from medinjection.plan.resources.directives import asked, growing, on_nodes
from medinjection.plan.resources.estimate import planned_requests, request_flags
from medinjection.plan.resources.requests import JobRequests
from medinjection.plan.resources.sizes import run_size
from medinjection.plan.run import plan_run
from medinjection.plan.sources import near_duplicates_scope, shards
from medinjection.plan.notices.missing_keys import missing_key_warnings
from medinjection.plan.notices.missing_parts import (
    missing_folder_warnings,
    no_model_warnings,
)
from medinjection.plan.notices.stand_ins import (
    remark_flags,
    stand_ins_flag,
    stand_ins_of_answers,
    stand_ins_of_run,
)
from medinjection.plan.notices.switch_offs import switch_off_warnings
from medinjection.plan.tracked import Described
from medinjection.plan.training import (
    base_model_name,
    model_files,
    origin_flags,
    prediction_flags,
    pretraining_flags,
    thinking_flags,
    training_flags,
    training_launcher,
)
from medinjection.plan.evaluation.translation_quality import comet_files, comet_flags
from medinjection.sources.paper_counts import read_paper_counts

# Jobs find the package in a checkout even where it is not installed, as in an environment that conda makes.
os.environ.update(PYTHONPATH=str(Path(CHECKOUT) / "src"))
os.environ.update(cache_folders(CHECKOUT, os.environ))
os.environ.update(OFFLINE)

PUBLISHED = "resources/published"
LEDGER = f"{PUBLISHED}/ledger.csv"

try:
    PLAN = plan_run(
        check_settings(
            config, origin_of(workflow.configfiles, workflow.config_settings.config)
        ),
        os.environ.get("MEDINJECTION_DATA"),
    )
    PAPER_COUNTS = read_paper_counts(LEDGER)
    # What jobs whose work differs ask of a cluster.
    ASKS = JobRequests(PLAN, run_size(PLAN, PAPER_COUNTS))
    # Which mixes can be filled is told before anything is paid, by the process that a person starts, not by its jobs.
    if workflow.is_main_process and (forecast := forecast_mixes(PLAN, PAPER_COUNTS)):
        logger.info(forecast)
except InputError as error:
    raise WorkflowError(str(error)) from None

# Said once, also by a dry run: jobs read this file again.
if workflow.is_main_process:
    if sentence := left_out(PLAN):
        logger.info(sentence)
    for sentence in [
        *missing_folder_warnings(PLAN),
        *no_model_warnings(PLAN),
        *switch_off_warnings(PLAN, date.today()),
        *unpinned_warnings(PLAN.named),
        *missing_key_warnings(PLAN, os.environ),
    ]:
        logger.warning(sentence)

SETTINGS = PLAN.settings
RUN = PLAN.folders.run
SOURCES = PLAN.sources
# The components that the run's sources give, and those of them that are evaluated.
COMPONENTS = SOURCES.components
HELD_OUT = SOURCES.held_out
REGISTRY = SOURCES.registry
# LLMs that jobs serve and that lie on the hub.
CACHED = cached_llms(SETTINGS)
# Every model of the run, and lists of names by where a model comes from; LOADED have weights that are files of the run.
PLANS = PLAN.models
BASES = PLAN.bases
TRAINED = names_of(PLANS, "trained")
RELEASED = names_of(PLANS, "released")
SERVED = names_of(PLANS, "served")
LOADED = names_of(PLANS, *WITH_WEIGHTS)
# What tables are made of: the run's own answers, or precomputed ones.
ANSWERS = PLAN.answers
MIXES = list(SETTINGS.mixes.recipes)
MODELS = list(ANSWERS.models)
JUDGES = list(ANSWERS.judges)
TEST_SETS = PLAN.test_sets
TRANSLATORS = SETTINGS.translation_quality.teachers
TRANSLATIONS = f"{RUN}/translation_quality"
COMET = SETTINGS.translation_quality.comet
BERTSCORE = bertscore_of(SETTINGS)
# Judge -> what it says when it is asked again.
CONSISTENCY = consistency_files(SETTINGS, RUN, ANSWERS)
# Who is rated by whom, and the agreement of raters where there are any.
REVIEW = PLAN.human_review
HUMAN_AGREEMENT = [f"{RUN}/scores/human_agreement.csv"] if REVIEW.raters else []
TABLES = table_numbers(PLAN)
FIGURES = figure_numbers(PLAN)
QUALITY_JUDGED = 3 in FIGURES
CLAIMED_COMET = claimed_comet(PLAN, TRANSLATIONS)
# The comparison with the paper, and what language models cost: files of those runs that have some.
AUDIT = [f"{RUN}/audit.csv"] if PLAN.is_compared else []
CLAIMS = [f"{RUN}/tables/claims.csv"] if PLAN.is_compared else []
REPORT = [f"{RUN}/report.html"] if MODELS else []
# The page of single questions, where the questions are at hand; of precomputed predictions it is made when asked for.
EXPLORED = bool(ANSWERS.questions or ANSWERS.references)
EXPLORER = [f"{RUN}/explorer"] if EXPLORED and not PLAN.precomputed else []
# Its address, as the pages beside it link to it.
EXPLORER_PAGE = "explorer/index.html" if EXPLORER else None
COST = [] if PLAN.precomputed or not priced_jobs(PLAN) else [f"{RUN}/cost.csv"]
# What every table, figure, card and page says of the run.
REMARK = as_written(remark_flags(PLAN))
STAND_INS = stand_ins_of_run(PLAN)
# Files that demo.smk renders, where it is included.
RENDERED = []

WITH_CONDA = "conda" in {
    m.name.lower() for m in workflow.deployment_settings.deployment_method
}
interpreter = partial(python_of, checkout=CHECKOUT, conda=WITH_CONDA)
teacher_flags = partial(llm_flags, SETTINGS, RUN)
FINGERPRINTS = RememberedFingerprints(
    "workflow/scripts", "src", kept_fingerprints(os.environ)
)


def code(script, *also):
    """Fingerprint of what a script reaches, and what it loads by the import paths `also`: an edit reruns its users."""
    return FINGERPRINTS.of(f"{script}.py", also)


def page_files(*folders):
    """Templates, styles, scripts and words of pages, which no fingerprint of code knows: an edit writes the pages again."""
    reporting = Path("src/medinjection/reporting")
    found = [path for folder in folders for path in (reporting / folder).rglob("*.*")]
    return sorted(
        str(path) for path in found if path.suffix in (".j2", ".css", ".js", ".yaml")
    )


def teacher_files(llm):
    """The local files that an LLM answers from; of one that a job serves, what says that it is in the hub's cache."""
    cached = [f"{RUN}/hub_cache/llms/{llm}.json"] if llm in CACHED else []
    return llm_files(SETTINGS, llm) + cached


def code_of(script, llm):
    """Fingerprint of a script that asks an LLM, and of the LLM's provider where it has one of its own."""
    return code(script, *filter(None, [provider_of(SETTINGS, llm)]))


def shown(files):
    """Flag the tables and figures among `files` for `snakemake --report`, each with its caption and category."""
    if not isinstance(files, str):
        return [shown(file) for file in files]
    entry = report_entry(files, STAND_INS)
    return report(files, **entry) if entry else files


wildcard_constraints:
    shard=r"\d+-of-\d+",
