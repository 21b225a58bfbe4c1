"""GPU hours and time of a run, by rule: from what its jobs ask for, how many there are, and which waits for which."""

import csv
import io
import json
import shlex
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from functools import cache

from medinjection.plan.evaluation.judging import consistency_files
from medinjection.plan.models import names_of
from medinjection.plan.resources.requests import JobRequests, Request
from medinjection.plan.resources.submissions import Submissions
from medinjection.plan.tracked import Described
from medinjection.records.errors import InputError

# A job of which no more is known takes seconds to minutes.
_LIGHT_MINUTES = 1.0
ASSUMED = (
    "GPU hours and times rest on assumed rates (`resources` in the configuration): none was measured on a GPU. Time in "
    "a queue is not counted."
)


@dataclass(frozen=True, slots=True)
class RuleEstimate:
    """What the jobs of one rule need.

    Attributes:
        jobs: how many.
        submissions: of these jobs; none where they run beside Snakemake or in a group.
        gpus: that a job of the rule asks for, at most.
        gpu_hours: of all jobs together.
        hours: that the longest job is expected to take.
        limit_hours: time limit of that job at its first attempt.
    """

    rule: str
    jobs: int
    submissions: int
    gpus: int
    gpu_hours: float
    hours: float
    limit_hours: float


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a run needs: rules whose jobs differ, the submissions of all, and the hours from beginning to end."""

    rules: tuple[RuleEstimate, ...]
    submissions: Submissions
    hours: float

    @property
    def gpu_hours(self) -> float:
        """Hours of all jobs, each times its GPUs."""
        return sum(one.gpu_hours for one in self.rules)


def planned_requests(asks: JobRequests) -> dict[str, list[Request]]:
    """Return rule -> what each of its jobs asks for, of rules whose work differs from run to run."""
    plan = asks.plan
    settings, sources, models = plan.settings, plan.sources, plan.models
    parts = {name: range(settings.sources[name].shards) for name in sources.asked}
    found = {
        "translate_source": [asks.teaching(name) for name in sources.english for _ in parts[name]],
        "convert_source": [asks.teaching(name) for name in sources.closed for _ in parts[name]],
        "generate_items": [
            asks.teaching(name) for name in sources.documents for _ in parts[name] for _form in range(2)
        ],
        "translate_test_set": [
            asks.translating(test_set, teacher)
            for test_set in plan.test_sets.chosen
            for teacher in settings.translation_quality.teachers
        ],
        "judge_quality": [
            asks.quality(judge) for judge in settings.quality.judges for _ in range(settings.quality.shards)
        ],
        "train_mix": [asks.training(name) for name in names_of(models, "trained")],
        "predict_answers": [asks.prediction(name) for name in names_of(models, "base", "trained", "released")],
        "predict_served": [asks.served_prediction(name) for name in names_of(models, "served")],
        "judge_answers": [asks.judging(judge) for judge in plan.answers.judges],
        "judge_consistency": [asks.judging_again(judge) for judge in consistency_files(settings, "", plan.answers)],
    }
    if settings.prediction.english_originals:
        found["predict_english"] = found["predict_answers"]
        found["predict_english_served"] = found["predict_served"]
    if settings.translation_quality.comet:
        found["score_comet"] = [asks.metric(tiny=False) for _ in plan.test_sets.chosen]
    if bertscore := settings.text_metrics.bertscore:
        found["score_bertscore"] = [asks.metric(tiny=bool(bertscore.package))]
    return {rule: requests for rule, requests in found.items() if requests}


def request_flags(requests: Mapping[str, Sequence[Request]]) -> Described:
    """Return the flags that tell `estimate_resources` what jobs ask for."""
    return Described(
        " ".join(
            f"--requests {shlex.quote(json.dumps({'rule': rule, 'jobs': [asdict(one) for one in jobs]}))}"
            for rule, jobs in requests.items()
        )
    )


def requests_of_flags(texts: Sequence[str]) -> dict[str, list[Request]]:
    """Read `request_flags` again.

    Raises:
        InputError: one of them is no such JSON.
    """
    found = {}
    for text in texts:
        try:
            values = json.loads(text)
            found[str(values["rule"])] = [Request(**job) for job in values["jobs"]]
        except (ValueError, TypeError, KeyError) as error:
            raise InputError(f"--requests: found {text[:80]!r}, expected JSON with rule and jobs ({error})") from None
    return found


def estimate(
    requests: Mapping[str, Sequence[Request]], submissions: Submissions, before: Mapping[str, Collection[str]]
) -> Estimate:
    """Work out GPU hours and time.

    Args:
        requests: rule -> what its jobs ask for.
        before: rule -> rules that it waits for.
    """
    rules = tuple(
        _of_rule(rule, jobs, submissions.jobs[rule], submissions.submitted.get(rule, 0))
        for rule, jobs in requests.items()
        if rule in submissions.jobs
    )
    minutes = {one.rule: one.hours * 60 for one in rules}

    @cache
    def ends(rule: str) -> float:
        own = minutes.get(rule, _LIGHT_MINUTES if rule in submissions.jobs else 0.0)
        return own + max((ends(one) for one in before[rule]), default=0.0)

    return Estimate(rules, submissions, max((ends(rule) for rule in before), default=0.0) / 60)


def estimate_csv(found: Estimate) -> str:
    """Return the estimate as CSV: a line for each rule, and one for the whole run."""
    text = io.StringIO()
    writer = csv.DictWriter(text, [field.name for field in fields(RuleEstimate)], lineterminator="\n")
    writer.writeheader()
    writer.writerows(_rounded(one) for one in found.rules)
    whole = {"jobs": sum(found.submissions.jobs.values()), "submissions": found.submissions.total}
    whole |= {"gpus": max((one.gpus for one in found.rules), default=0)}
    hours = {"gpu_hours": f"{found.gpu_hours:.1f}", "hours": f"{found.hours:.1f}", "limit_hours": ""}
    writer.writerow({"rule": "run", **whole, **hours})
    return text.getvalue()


def estimate_text(found: Estimate) -> str:
    """Return the estimate as a person reads it, a table in Markdown and what it rests on."""
    header = ("rule", "jobs", "GPUs each", "GPU hours", "hours of the longest job", "its time limit in hours")
    lines = [_line(header), _line(["---", *["--:"] * 5])]
    for one in found.rules:
        values = _rounded(one)
        lines.append(_line([values[key] for key in ("rule", "jobs", "gpus", "gpu_hours", "hours", "limit_hours")]))
    grouped = {name: count for name, count in found.submissions.submitted.items() if name not in found.submissions.jobs}
    jobs = sum(found.submissions.jobs.values())
    said = (
        f"{jobs} jobs: {found.submissions.local} run beside Snakemake, the others are {found.submissions.total} "
        f"submissions ({', '.join(grouped) or 'none'} being groups). {found.gpu_hours:.0f} GPU hours; "
        f"{found.hours:.1f} hours from the beginning to the end where every job starts as soon as it can."
    )
    return "\n".join([*lines, "", said, ASSUMED])


def _of_rule(rule: str, requests: Sequence[Request], jobs: int, submissions: int) -> RuleEstimate:
    longest = max(requests, key=lambda one: one.minutes)
    return RuleEstimate(
        rule,
        jobs,
        submissions,
        max(one.gpus for one in requests),
        sum(one.gpus * one.minutes for one in requests) / 60,
        longest.minutes / 60,
        longest.runtime / 60,
    )


def _rounded(one: RuleEstimate) -> dict[str, str | int]:
    hours = {name: f"{getattr(one, name):.1f}" for name in ("gpu_hours", "hours", "limit_hours")}
    return asdict(one) | hours


def _line(cells: Sequence[object]) -> str:
    return f"| {' | '.join(map(str, cells))} |"
