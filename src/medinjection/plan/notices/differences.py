"""How a run differs from the paper's, so that its numbers are not judged by the paper's.

Compared are the sources of the data, the base model, the mixes and how they are learnt, the evaluation, the judge of
Table 6, and which answers are rated. Defaults of the configuration are the paper's values.
"""

from collections.abc import Sequence
from typing import Any

from medinjection.config.settings.evaluation.prediction import PredictionSettings
from medinjection.config.settings.mixes import MixSettings
from medinjection.config.settings.run import Settings
from medinjection.config.settings.training import TrainingSettings
from medinjection.plan.flags import flag
from medinjection.plan.run import Plan
from medinjection.records.schema import COMPONENTS
from medinjection.sources.paper_counts import PaperCount, component_sources, paper_mix_size

# What its authors released takes the place of the sources that their data is made of.
_RELEASED = {
    "released": ("released_native", "released_translated", "released_synthetic"),
    "released_all": ("released_all",),
}
PAPER_BASE = "Qwen/Qwen3-4B-Instruct-2507"
PAPER_JUDGE = "medgemma-27b"
# Chats of an optimizer step: the paper's batch 12 and 8 accumulation steps, on the two GPUs of the released launch
# script or on one.
PAPER_CHATS = (96, 192)
_TRAINING_KEYS = ("adapter", "rank", "alpha", "dropout", "epochs", "learning_rate", "schedule", "warmup_ratio", "loss")
_PREDICTION_KEYS = ("split", "limit_choice", "limit_open", "permutations", "max_new_tokens")


def difference_flags(plan: Plan, paper: Sequence[PaperCount]) -> str:
    """Return the flags that tell the audit how the run differs from the paper's; none where it does not.

    Args:
        paper: the paper's own counts, which name its sources and give the size of its mixes.
    """
    found = {
        "data_differ": data_differences(plan, paper),
        "models_differ": model_differences(plan.settings, paper),
        "judge_differs": judge_differences(plan),
        "ratings_differ": rating_differences(plan.settings),
    }
    return " ".join(filter(None, (flag(name, reasons) for name, reasons in found.items())))


def data_differences(plan: Plan, paper: Sequence[PaperCount]) -> list[str]:
    """Return how the records of a run are others than the paper's."""
    settings, used = plan.settings, plan.sources.used
    rebuilt = [name for component in COMPONENTS for name in component_sources(paper, component)]
    expected = _RELEASED.get(settings.components.origin, rebuilt)
    reasons = _named("without the source", [name for name in expected if name not in used])
    reasons += _named("with the source", [name for name in used if name not in expected])
    limits = {name: settings.sources[name].limit for name in used}
    limited = [n for n, limit in limits.items() if limit not in (None, plan.sources.registry[n].paper_records)]
    reasons += _named("a limited number of items of the source", limited)
    if settings.components.decontamination:
        reasons.append("training records close to validation or test are set aside (components.decontamination)")
    return reasons


def model_differences(settings: Settings, paper: Sequence[PaperCount]) -> list[str]:
    """Return how the models of a run are others than the paper's, or are made or asked otherwise."""
    if not settings.base_models:
        return [f"no model of the paper: those that are evaluated are {', '.join(one.model for one in settings.model)}"]
    base = settings.base_models[0]
    name = base.model_id or base.path or "pre-trained by the workflow"
    # A folder is taken for what its name says.
    same = name.rstrip("/").split("/")[-1] == PAPER_BASE.split("/")[-1]
    reasons = [] if same else [f"base model {name} instead of {PAPER_BASE}"]
    reasons += _values("prediction", settings.prediction, PredictionSettings(), _PREDICTION_KEYS)
    if settings.models.origin == "released":
        return reasons
    size, of_paper = settings.mixes.size, paper_mix_size(paper)
    if isinstance(size, int) and size != of_paper:
        reasons.append(f"mixes of {size:,} records instead of {of_paper:,}")
    recipes = MixSettings().recipes
    other = [name for name, recipe in settings.mixes.recipes.items() if recipes.get(name, recipe) != recipe]
    reasons += _named("other parts in the mix", other, plural="es")
    training = settings.training
    reasons += _values("training", training, TrainingSettings(), _TRAINING_KEYS)
    chats = training.per_device_batch_size * training.gradient_accumulation_steps
    if chats not in PAPER_CHATS:
        reasons.append(f"{chats} chats per optimizer step instead of {' or '.join(map(str, PAPER_CHATS))}")
    return reasons


def judge_differences(plan: Plan) -> list[str]:
    """Return whether the judge whose scores Table 6 shows is another than the paper's."""
    for judge in plan.answers.judges[:1]:
        llm = plan.settings.llms.get(judge)
        if PAPER_JUDGE not in (llm.name if llm else judge).lower():
            return [f"judge {judge} instead of MedGemma-27B"]
    return []


def rating_differences(settings: Settings) -> list[str]:
    """Return whether the rated answers are others than a sample of all: correlations are not weighted."""
    if settings.human_review.draw == "disagreement":
        return ["rated answers drawn by disagreement of judges (human_review.draw)"]
    return []


def _named(text: str, names: list[str], plural: str = "s") -> list[str]:
    return [f"{text}{plural if len(names) > 1 else ''} {', '.join(names)}"] if names else []


def _values(section: str, found: Any, expected: Any, keys: tuple[str, ...]) -> list[str]:
    """Return the keys of a section whose values are not the paper's."""
    values = {key: (getattr(found, key), getattr(expected, key)) for key in keys}
    return [
        f"{section}.{key} is {_shown(mine)} instead of {_shown(theirs)}"
        for key, (mine, theirs) in values.items()
        if mine != theirs
    ]


def _shown(value: Any) -> str:
    return "null" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
