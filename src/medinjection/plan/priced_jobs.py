"""What a run asks of language models, stage by stage, for those who price it: before it starts and when it is done."""

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from medinjection.config.settings.prompts import PromptSettings
from medinjection.plan.evaluation.judging import consistency_files
from medinjection.plan.llms import llm_files
from medinjection.plan.prompts import in_english
from medinjection.plan.run import Plan
from medinjection.plan.tracked import Described
from medinjection.pricing.jobs import (
    AnswerJudging,
    ConsistencyJudging,
    Evaluation,
    GeneratedFrom,
    Generation,
    Job,
    QualityJudging,
    ServedPrediction,
    SourceConversion,
    SourceTranslation,
    TestSetTranslation,
    job_json,
)


def answered_files(plan: Plan) -> list[str]:
    """Return the outputs that hold all that language models were asked: when they are there, the run has its costs."""
    run, settings = plan.folders.run, plan.settings
    files = [plan.sources.records_file(name) for name in plan.sources.asked]
    files += [
        f"{run}/translation_quality/{test_set}/translated/{teacher}.jsonl"
        for test_set in plan.test_sets.chosen
        for teacher in settings.translation_quality.teachers
    ]
    files += [f"{run}/quality/{judge}.parquet" for judge in plan.quality_judges]
    files += [f"{run}/predictions/{model}/choice.parquet" for model in settings.prediction.api_models]
    if settings.prediction.english_originals:
        files += [f"{plan.answers.english}/{model}/choice.parquet" for model in settings.prediction.api_models]
    again = consistency_files(settings, run, plan.answers)
    return [*files, *plan.answers.judgement_files(), *again.values()]


def priced_jobs(plan: Plan) -> list[Job]:
    """Return all that a run asks of language models, in the order the data flows."""
    jobs: list[Job] = [job for name in plan.sources.asked for job in _source_jobs(plan, name)]
    jobs += [
        TestSetTranslation(
            stage="translate_test_set",
            **_asked(plan, teacher, "translate_test_set", test_set, f"{test_set}.{teacher}"),
            segments=f"{plan.folders.run}/translation_quality/{test_set}/segments.jsonl",
            prompt=plan.settings.translation_quality.prompt,
        )
        for test_set in plan.test_sets.chosen
        for teacher in plan.settings.translation_quality.teachers
    ]
    jobs += [_quality_job(plan, judge) for judge in plan.quality_judges]
    jobs += [_prediction_job(plan, model) for model in plan.settings.prediction.api_models]
    if plan.settings.prediction.english_originals:
        jobs += [_english_job(plan, model) for model in plan.settings.prediction.api_models]
    jobs += [_judging_job(plan, judge) for judge in plan.answers.judges]
    return jobs + [
        _consistency_job(plan, judge) for judge in consistency_files(plan.settings, plan.folders.run, plan.answers)
    ]


def job_files(plan: Plan, jobs: Sequence[Job]) -> list[str]:
    """Return the files that tell what jobs cost: they are made without a language model."""
    files: list[str] = []
    for job in jobs:
        files += [*job.files, *llm_files(plan.settings, job.llm_name)]
        # Released items are there before a language model is asked; those of a run that generates them are not.
        if isinstance(job, QualityJudging) and plan.settings.components.origin != "rebuilt" and job.items:
            files.append(job.items)
    return list(dict.fromkeys(files))


def job_flags(jobs: Sequence[Job]) -> Described:
    """Return the flags that tell `estimate_cost` of jobs."""
    return Described(" ".join(f"--job {shlex.quote(job_json(job))}" for job in jobs))


def journals_size(run_folder: str) -> int:
    """Return the bytes of all journals: a journal is no output of a rule, but what it answers is not paid again."""
    return sum(file.stat().st_size for file in Path(run_folder, "journals").glob("**/*.jsonl"))


def _asked(plan: Plan, llm_name: str, stage: str, source: str, journals: str) -> dict[str, Any]:
    """Return what the jobs of all stages have."""
    return {
        "source": source,
        "llm_name": llm_name,
        "llm": plan.settings.llms[llm_name],
        "journals": f"{plan.folders.run}/journals/{stage}/{journals}",
    }


def _source_jobs(plan: Plan, name: str) -> list[Job]:
    """Return what a teacher is going to do with one source."""
    chosen, file = plan.settings.sources[name], plan.sources.normalised_file(name)
    # The plan of the sources refuses one without the teacher or the prompts that it needs.
    assert chosen.teacher is not None
    if name in plan.sources.closed:
        asked = _asked(plan, chosen.teacher, "convert_source", name, name)
        prompt = plan.settings.conversion.prompt
        return [SourceConversion(stage="convert_source", **asked, records=file, prompt=prompt)]
    if name in plan.sources.english:
        asked = _asked(plan, chosen.teacher, "translate_source", name, name)
        prompt = plan.settings.translation.prompt
        return [SourceTranslation(stage="translate_source", **asked, records=file, prompt=prompt)]
    assert chosen.prompts is not None
    prompts = chosen.prompts.model_dump()
    return [
        Generation(
            stage="generate_items",
            **_asked(plan, chosen.teacher, "generate_items", f"{name}/{form}", f"{name}/{form}"),
            form=form,
            documents=file,
            prompt=prompts[form],
        )
        for form in ("choice", "open")
    ]


def _quality_job(plan: Plan, judge: str) -> QualityJudging:
    """Return what a judge is going to say of the synthetic items: of those that exist, or of those expected."""
    items = f"{plan.folders.run}/joined/synthetic.parquet"
    there = plan.settings.components.origin != "rebuilt" or Path(items).is_file()
    quality = plan.settings.quality
    generation = []
    for name in plan.sources.documents:
        prompts = plan.settings.sources[name].prompts
        assert prompts is not None
        file = plan.sources.normalised_file(name)
        generation.append(GeneratedFrom(documents=file, choice_prompt=prompts.choice, open_prompt=prompts.open))
    return QualityJudging(
        stage="judge_quality",
        **_asked(plan, judge, "judge_quality", "all", judge),
        choice_prompt=quality.choice_prompt,
        open_prompt=quality.open_prompt,
        generation=tuple(generation),
        items=items if there else None,
        limit=quality.limit,
        seed=plan.settings.seed,
    )


def _prediction_job(plan: Plan, model: str) -> ServedPrediction:
    """Return what a model is going to be asked over its API: the evaluation, or what it will be selected from."""
    evaluation = _evaluation(plan, "choice", "open")
    return _served_prediction(plan, model, "predict_served", evaluation, plan.settings.prompts)


def _english_job(plan: Plan, model: str) -> ServedPrediction:
    """Return what a model is going to be asked over its API in English: originals, or what they are selected from."""
    originals = tuple(plan.sources.normalised_file(name) for name in plan.sources.english)
    evaluation = _evaluation(plan, "choice", "open", folder="evaluation_english")
    evaluation = evaluation.model_copy(update={"candidates": originals})
    return _served_prediction(plan, model, "predict_english_served", evaluation, in_english(plan.settings.prompts))


def _served_prediction(
    plan: Plan,
    model: str,
    stage: Literal["predict_served", "predict_english_served"],
    evaluation: Evaluation,
    prompts: PromptSettings,
) -> ServedPrediction:
    return ServedPrediction(
        stage=stage,
        **_asked(plan, model, stage, "all", model),
        evaluation=evaluation,
        permutations=plan.settings.prediction.permutations,
        max_new_tokens=plan.settings.prediction.max_new_tokens,
        choice_prompt=prompts.choice,
        open_prompt=prompts.open,
        system_prompt=prompts.system,
    )


def _judging_job(plan: Plan, judge: str) -> AnswerJudging:
    """Return what a judge is going to say of the open answers: of those that exist and of those expected."""
    prompt = plan.settings.judging.prompt
    return AnswerJudging(
        stage="judge_answers", **_asked(plan, judge, "judge_answers", "all", judge), prompt=prompt, **_judged(plan)
    )


def _consistency_job(plan: Plan, judge: str) -> ConsistencyJudging:
    """Return what a judge is going to be asked again about some open answers."""
    judging = plan.settings.judging
    return ConsistencyJudging(
        stage="judge_consistency",
        **_asked(plan, judge, "judge_consistency", "all", judge),
        prompt=judging.prompt,
        paraphrase=judging.paraphrase,
        size=judging.consistency_size,
        seed=plan.settings.seed,
        **_judged(plan),
    )


def _judged(plan: Plan) -> dict[str, Any]:
    """Return what both kinds of jobs say of the open answers: those that exist, and how many models are expected."""
    evaluation = _evaluation(plan, "open")
    answers = {
        model: f"{plan.folders.run}/predictions/{model}/open.parquet" for model in plan.models if evaluation.open
    }
    there = {model: file for model, file in answers.items() if Path(file).is_file()}
    return {
        "evaluation": evaluation,
        "predictions": there,
        "absent": len(plan.models) - len(there),
        "max_new_tokens": plan.settings.prediction.max_new_tokens,
    }


def _evaluation(plan: Plan, *kinds: str, folder: str = "evaluation") -> Evaluation:
    """Return the evaluation: of `kinds` the selected records, where all of them exist."""
    files = {kind: f"{plan.folders.run}/{folder}/{kind}.parquet" for kind in kinds}
    selected = files if all(Path(file).is_file() for file in files.values()) else {}
    prediction = plan.settings.prediction
    return Evaluation(
        candidates=tuple(plan.sources.evaluated_files()),
        split=prediction.split,
        seed=plan.settings.seed,
        limit_choice=prediction.limit_choice,
        limit_open=prediction.limit_open,
        **selected,
    )
