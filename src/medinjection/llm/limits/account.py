"""The money and the rates that all jobs of a run share, kept in small files in the folder of its journals."""

import re
from dataclasses import dataclass
from pathlib import Path

from medinjection.llm.journal.journal import Journal
from medinjection.llm.language_model import LanguageModel
from medinjection.llm.limits.budget import Budget
from medinjection.llm.limits.rate import RateLimiter
from medinjection.records.errors import InputError


@dataclass(frozen=True, slots=True)
class Account:
    """Where a run's shared limits are kept.

    Attributes:
        folder: the folder that holds all journals of the run.
        budget: maximum of money that they may cost together; None for no limit.
    """

    folder: Path
    budget: float | None = None

    def rate_limiter(self, llm: LanguageModel) -> RateLimiter | None:
        """Return the model's limits per minute; None where it has none."""
        if llm.requests_per_minute is None and llm.tokens_per_minute is None:
            return None
        name = re.sub(r"[^A-Za-z0-9._-]+", "-", llm.name)
        return RateLimiter(self.folder / f"pace.{name}.json", llm.requests_per_minute, llm.tokens_per_minute)

    def budget_of(self, llm: LanguageModel, journal: Journal) -> Budget | None:
        """Return what a journal may spend; None where there is no budget.

        Raises:
            InputError: there is a budget, but the model's prices are unknown or the journal is not in the folder.
        """
        if self.budget is None:
            return None
        if not llm.has_prices:
            raise InputError(f"{llm.name}: its prices are unknown, so a budget of {self.budget:g} cannot be kept")
        if not journal.path.is_relative_to(self.folder):
            raise InputError(f"{journal.path}: a journal under a budget must be in {self.folder}")
        return Budget(self.folder, self.budget, journal.path, journal.cost)
