"""Which stand-ins a run uses: scripted language models, base models pre-trained here, rendered corpora.

That follows from what the run is made of, never from a note in the configuration.
"""

from collections.abc import Iterable

from medinjection.plan.flags import flag, optional
from medinjection.plan.priced_jobs import priced_jobs
from medinjection.plan.run import Plan
from medinjection.records.stand_ins import StandIn, flag_word, in_order, is_scripted, read_stand_ins, stand_ins_of_model

_OF_RECORDS = frozenset({"translate_source", "convert_source", "generate_items"})
_KIND_OF_STAGE = {
    **dict.fromkeys(_OF_RECORDS, StandIn.TEACHER),
    "translate_test_set": StandIn.TEACHER,
    "judge_quality": StandIn.JUDGE,
    "judge_answers": StandIn.JUDGE,
    "judge_consistency": StandIn.JUDGE,
    "predict_served": StandIn.MODEL,
    "predict_english_served": StandIn.MODEL,
}


def stand_ins_of_answers(plan: Plan, model: str) -> tuple[StandIn, ...]:
    """Return the stand-ins that have a part in one model, or in what it is asked; other models have none in it."""
    stages = {stage for stage in _scripted_stages(plan) if stage in _OF_RECORDS}
    found = [_KIND_OF_STAGE[stage] for stage in stages]
    found += [StandIn.CORPORA] if plan.makes_its_own_corpora else []
    for part in {model, plan.models[model].base}:
        found += [StandIn.BASE] if part in plan.pretrained_bases else []
        fetched = plan.fetched_models.get(part) if part else None
        found += stand_ins_of_model(fetched.path) if fetched and fetched.path else ()
    return in_order(found)


def stand_ins_of_run(plan: Plan) -> tuple[StandIn, ...]:
    """Return all stand-ins of a run; of precomputed predictions and judgements those that their files name."""
    if plan.precomputed:
        return in_order(kind for said in _said_by_files(plan).values() for kind in said or ())
    return in_order([*(_KIND_OF_STAGE[stage] for stage in _scripted_stages(plan)), *_made_here(plan)])


def unknown_stand_ins(plan: Plan) -> str:
    """Return a sentence on precomputed files that do not say whether stand-ins made them; empty where all do."""
    silent = [path for path, said in _said_by_files(plan).items() if said is None] if plan.precomputed else []
    if not silent:
        return ""
    more = f" and {len(silent) - 1} more files do" if len(silent) > 1 else " does"
    return (
        "It is not known whether a scripted language model or a base model pre-trained by the workflow had a part in "
        f"these numbers: {silent[0]}{more} not say."
    )


def remark_flags(plan: Plan) -> str:
    """Return the flags that tell a report of the run's stand-ins, of what is not known of them, and of its note."""
    unknown = optional("--unknown-stand-ins", unknown_stand_ins(plan) or None)
    note = optional("--note", plan.settings.note or None)
    return " ".join(filter(None, (stand_ins_flag(stand_ins_of_run(plan)), unknown, note)))


def stand_ins_flag(stand_ins: Iterable[StandIn]) -> str:
    """Return the flag that names stand-ins, nothing where there are none."""
    return flag("stand_ins", list(map(flag_word, stand_ins)))


def _scripted_stages(plan: Plan) -> list[str]:
    return [job.stage for job in priced_jobs(plan) if is_scripted(job.llm.name)]


def _made_here(plan: Plan) -> list[StandIn]:
    """Return the stand-ins that the run makes itself, and those that had a part in models given as a folder."""
    found = [StandIn.BASE] if plan.pretrained_bases else []
    found += [StandIn.CORPORA] if plan.makes_its_own_corpora else []
    for model in plan.fetched_models.values():
        found += stand_ins_of_model(model.path) if model.path else ()
    return found


def _said_by_files(plan: Plan) -> dict[str, tuple[StandIn, ...] | None]:
    answers = plan.answers
    files = [*answers.prediction_files("choice"), *answers.prediction_files("open"), *answers.judgement_files()]
    return {path: read_stand_ins(path) for path in files}
