"""The money and the rates that all jobs of a run share, kept in small files in the folder of its journals."""

import re
from dataclasses import dataclass
from pathlib import Path

from medinjection.llm.journal.journal import Journal
from medinjection.llm.language_model import Teacher
from medinjection.llm.limits.budget import Purse
from medinjection.llm.limits.rate import Pace
from medinjection.records.errors import InputError


@dataclass(frozen=True, slots=True)
class Account:
    """Where a run's shared limits are kept.

    Attributes:
        folder: the folder that holds all journals of the run.
        budget: most money that they may cost together; None for no limit.
    """

    folder: Path
    budget: float | None = None

    def pace(self, teacher: Teacher) -> Pace | None:
        """Return the teacher's limits; None where it has none."""
        if teacher.requests_per_minute is None and teacher.tokens_per_minute is None:
            return None
        name = re.sub(r"[^A-Za-z0-9._-]+", "-", teacher.model)
        return Pace(self.folder / f"pace.{name}.json", teacher.requests_per_minute, teacher.tokens_per_minute)

    def purse(self, teacher: Teacher, journal: Journal) -> Purse | None:
        """Return what a journal may spend; None where there is no budget.

        Raises:
            InputError: there is a budget, but the teacher's prices are unknown or the journal is not in the folder.
        """
        if self.budget is None:
            return None
        if not teacher.has_prices:
            raise InputError(f"{teacher.model}: its prices are unknown, so a budget of {self.budget:g} cannot be kept")
        if not journal.path.is_relative_to(self.folder):
            raise InputError(f"{journal.path}: a journal under a budget must be in {self.folder}")
        return Purse(self.folder, self.budget, journal.path, journal.cost)
