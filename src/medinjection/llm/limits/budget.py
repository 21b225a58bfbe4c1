"""One budget for all processes of a run: money is reserved before a request and settled after its answer."""

import json
from pathlib import Path

from medinjection.llm.batch.log import LOG_SUFFIX, BatchLog
from medinjection.llm.limits.shared_file import shared_json
from medinjection.llm.lock_files import holder

_SPENDING = "spending.json"


class Budget:
    """What one journal may spend of the budget of a run.

    The file `spending.json` in the journals' folder holds what each journal has spent, and what it has reserved for
    requests under way; `assumed` is what answers without a count of tokens are taken to have cost. Opening a budget
    sets its own journal's line right, whatever a killed process left there, gives up the reservations of journals that
    no process has open and no batch is under way for, and adds the lines of journals that the file does not know.

    Args:
        folder: the folder of all journals of the run.
        limit: maximum of money that all of them may cost.
        journal: the journal of this process, somewhere in `folder`.
        spent: money that its answers have cost.
    """

    def __init__(self, folder: Path, limit: float, journal: Path, spent: float) -> None:
        self.limit = limit
        self._path = folder / _SPENDING
        self._name = journal.relative_to(folder).as_posix()
        self._under_way = 0
        with shared_json(self._path) as spending:
            for other in sorted(folder.rglob("*.jsonl")):
                name = other.relative_to(folder).as_posix()
                if name not in spending and not name.endswith(LOG_SUFFIX):
                    spending[name] = {"spent": money_in(other), "reserved": 0.0, "assumed": 0.0}
            assumed = spending.get(self._name, {}).get("assumed", 0.0)
            spending[self._name] = {"spent": spent, "reserved": 0.0, "assumed": assumed}
            for name, line in spending.items():
                if line["reserved"] and name != self._name and _is_given_up(folder / name):
                    line["reserved"] = 0.0

    def reserve(self, maximum: float, sent: bool = False) -> bool | None:
        """Reserve for one request the maximum that it can cost.

        Args:
            sent: whether the request was sent already, so that its money is gone whatever the budget says.

        Returns:
            True where it is reserved; None where there may be room once requests that are under way, here or in another
            job, are settled; False where there is none.
        """
        with shared_json(self._path) as spending:
            spent = sum(line["spent"] + line["assumed"] for line in spending.values())
            reserved = sum(line["reserved"] for line in spending.values())
            if sent or spent + reserved + maximum <= self.limit:
                spending[self._name]["reserved"] += maximum
                self._under_way += 1
                return True
            if spent + maximum > self.limit:
                return False
            others = [name for name, line in spending.items() if line["reserved"] and name != self._name]
        return None if self._under_way or any(_is_open(self._path.parent / name) for name in others) else False

    def settle(self, reserved: float, cost: float, assumed: float = 0.0, requests: int = 1) -> None:
        """Replace the reservations of so many requests by what they have cost, and are assumed to have cost."""
        self._under_way -= requests
        with shared_json(self._path) as spending:
            own = spending[self._name]
            # Nothing under way is exactly nothing reserved, whatever rounding says.
            own["reserved"] = max(own["reserved"] - reserved, 0.0) if self._under_way else 0.0
            own["spent"] += cost
            own["assumed"] += assumed

    def refusal(self, maximum: float) -> str:
        """Say why a request that may cost up to `maximum` is not sent."""
        with shared_json(self._path) as spending:
            spent = sum(line["spent"] + line["assumed"] for line in spending.values())
            others = sum(line["reserved"] for line in spending.values())
        under_way = f", up to {others:.4f} more are under way in other jobs" if others else ""
        return (
            f"the budget of {self.limit:g} would be passed: {spent:.4f} are spent{under_way}, and one more request "
            f"may cost {maximum:.4f}; raise `budget` to go on"
        )


def _is_given_up(journal: Path) -> bool:
    """Whether no process has a journal open, and none of its batches is under way."""
    return not _is_open(journal) and not any(True for _ in BatchLog(journal).all_under_way())


def _is_open(journal: Path) -> bool:
    return holder(journal) is not None


def money_in(journal: Path) -> float:
    """Return what the answers in a journal file have cost; unknown costs and damaged lines count as nothing."""
    total = 0.0
    with open(journal, "rb") as lines:
        for line in lines:
            try:
                total += json.loads(line).get("cost") or 0.0
            except (ValueError, AttributeError, TypeError):
                continue
    return total
