"""Language models that their providers switch off: what a run that would ask one is told before it starts."""

from datetime import date

from medinjection.plan.priced_jobs import priced_jobs
from medinjection.plan.run import Plan


def switch_off_warnings(plan: Plan, today: date) -> list[str]:
    """Return a sentence for each language model of the run that is switched off, or that will be.

    What the configuration says of it (`llms.<name>.switch_off`) is taken as it is: no provider is asked.
    """
    stages: dict[str, list[str]] = {}
    for job in () if plan.precomputed else priced_jobs(plan):
        stages.setdefault(job.llm_name, []).append(job.stage)
    sentences = []
    for name, llm in plan.settings.llms.items():
        if llm.switch_off is None or name not in stages:
            continue
        off = llm.switch_off.date
        when = f"is switched off since {off}" if off <= today else f"will be switched off on {off}"
        sentences.append(
            f"llms.{name}: {llm.name} {when}; {', '.join(dict.fromkeys(stages[name]))} cannot ask it from then on, "
            f"only use what journals hold. Its provider recommends {llm.switch_off.successor}, whose answers are not "
            "those of the model that the paper used."
        )
    return sentences
