"""Keys of providers that are not set: what a run that would ask them is told before it starts."""

from collections.abc import Mapping

from medinjection.plan.priced_jobs import priced_jobs
from medinjection.plan.run import Plan

# Provider, as the first part of a model's name -> the environment variables of which litellm wants one. Of others the
# job that asks them says what is missing.
_VARIABLES = {
    "openai": ("OPENAI_API_KEY",),
    "gemini": ("GEMINI_API_KEY", "GOOGLE_API_KEY"),
    "anthropic": ("ANTHROPIC_API_KEY",),
    "mistral": ("MISTRAL_API_KEY",),
    "deepseek": ("DEEPSEEK_API_KEY",),
    "groq": ("GROQ_API_KEY",),
    "openrouter": ("OPENROUTER_API_KEY",),
}


def missing_key_warnings(plan: Plan, environment: Mapping[str, str]) -> list[str]:
    """Return a sentence for each provider whose key is not set, though language models of the run are asked there.

    It is no error: what journals hold needs no key. A model at an address of its own, or that a job serves, has none.
    """
    waiting: dict[str, list[str]] = {}
    for job in () if plan.precomputed else priced_jobs(plan):
        provider = job.llm.name.partition("/")[0]
        if provider in _VARIABLES and not (job.llm.api_base or job.llm.serve):
            waiting.setdefault(provider, []).append(job.stage)
    return [
        f"{' or '.join(_VARIABLES[provider])} is not set: {', '.join(dict.fromkeys(stages))} cannot ask {provider}, "
        "only use what journals hold."
        for provider, stages in waiting.items()
        if not any(environment.get(name) for name in _VARIABLES[provider])
    ]
