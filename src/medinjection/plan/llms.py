"""How a script is told of a language model: which, how it is asked, and what it may cost."""

import json

from medinjection.config.settings.run import Settings
from medinjection.plan.flags import optional
from medinjection.plan.tracked import DecidingFlags


def llm_flags(settings: Settings, run_folder: str, name: str, answers_decided: bool = True) -> DecidingFlags:
    """Return the flags that describe an LLM, its limits and the run's account to a script.

    Args:
        answers_decided: without it, its numbers of tokens and attempts decide nothing: the task has its own.
    """
    teacher = settings.teachers[name]
    answers = f"--max-tokens {teacher.max_tokens} --attempts {teacher.attempts}"
    served = teacher.serve and teacher.serve.model_dump(exclude_none=True)
    deciding = [
        optional("--model", teacher.model),
        optional("--serve", served and json.dumps(served)),
        f"--temperature {teacher.temperature}",
        answers if answers_decided else "",
        "--structured" if teacher.structured else "",
        optional("--api-base", teacher.api_base),
        optional("--extra", json.dumps(teacher.extra) if teacher.extra else None),
    ]
    limits = [
        f"--mode {teacher.mode} --concurrency {teacher.concurrency} --timeout {teacher.timeout}",
        optional("--requests-per-minute", teacher.requests_per_minute),
        optional("--tokens-per-minute", teacher.tokens_per_minute),
        optional("--input-cost-per-token", teacher.input_cost_per_token),
        optional("--output-cost-per-token", teacher.output_cost_per_token),
        f"--batch-price-factor {teacher.batch_price_factor}",
        optional("--budget", settings.budget),
        f"--account {run_folder}/journals",
        "" if answers_decided else answers,
    ]
    return DecidingFlags(deciding, limits)
