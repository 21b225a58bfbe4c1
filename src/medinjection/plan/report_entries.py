"""Where tables and figures of a run stand in Snakemake's report (`--report`); captions are in workflow/report/."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from medinjection.records.stand_ins import StandIn


class _Shown(NamedTuple):
    category: str
    name: str
    content: str


_DATASET = "Dataset"
_QUALITY = "Quality of translations and synthetic items"
_CHOICE = "Choice questions"
_OPEN = "Open questions"
_TRAINING = "Training"
_PAPER = "Comparison with the paper"
_WHOLE = "Whole run"
# Stem of a file -> where it stands and what it shows; the caption is workflow/report/<stem>.rst.
SHOWN = {
    "table1": _Shown(_DATASET, "Table 1", "records by component and split"),
    "table2": _Shown(_DATASET, "Table 2", "records by task"),
    "ledger": _Shown(_DATASET, "Ledger", "records by source, beside the paper's"),
    "ledger_reasons": _Shown(_DATASET, "Ledger, reasons", "what became of each source's rows"),
    "fig1": _Shown(_DATASET, "Figure 1", "one record of each component"),
    "fig2": _Shown(_DATASET, "Figure 2", "medical specialties"),
    "fig4": _Shown(_DATASET, "Figure 4", "map of the instructions"),
    "fig4_mixing": _Shown(_DATASET, "Figure 4, mixing", "components among nearest neighbours"),
    "table3": _Shown(_QUALITY, "Table 3", "translations by BLEU and COMET"),
    "fig3": _Shown(_QUALITY, "Figure 3", "what judges think of synthetic items"),
    "fig3_agreement": _Shown(_QUALITY, "Figure 3, agreement", "how far the judges agree"),
    "table5": _Shown(_CHOICE, "Table 5", "scores, options in the published order"),
    "table5_macro": _Shown(_CHOICE, "Table 5, macro", "the same, averaged over sources"),
    "table5_details": _Shown(_CHOICE, "Table 5, details", "parse rates, stability, position bias"),
    "table7": _Shown(_CHOICE, "Table 7", "scores, options in random permutations"),
    "leaderboard": _Shown(_CHOICE, "Leaderboard", "all models beside each other"),
    "table4": _Shown(_OPEN, "Table 4", "correlations with human ratings"),
    "table4_accuracy": _Shown(_OPEN, "Table 4, accuracy", "share of right answers by ratings"),
    "table6": _Shown(_OPEN, "Table 6", "text metrics and judge scores"),
    "table6_groups": _Shown(_OPEN, "Table 6, groups", "questions and translations apart"),
    "fig5": _Shown(_OPEN, "Figure 5", "length against judge score"),
    "fig6": _Shown(_OPEN, "Figure 6", "length against references"),
    "training": _Shown(_TRAINING, "Training curves", "loss, gradient norm, learning rate"),
    "claims": _Shown(_PAPER, "Claims", "the paper's claims as tested hypotheses"),
    "claims_parts": _Shown(_PAPER, "Claims, in parts", "what decides each claim"),
    "slips": _Shown(_PAPER, "Slips", "the paper's own numbers, recomputed"),
    "audit": _Shown(_PAPER, "Audit", "every published cell beside ours"),
    "cost": _Shown(_WHOLE, "Cost", "requests to language models and their price"),
    "report": _Shown(_WHOLE, "Page", "all tables and figures on one page"),
}
_PAGES = "Pages"
_FIGURES = "Figures"
_TABLES = "Tables"
# Of several files with the same content, the report has those of these formats.
_FILES = {".svg": "picture", ".csv": "numbers", ".html": "page"}
# Tables that are a text alone: their numbers are in another table's CSV file.
_TEXTS = frozenset({"table4_accuracy", "claims_parts"})


def report_entry(path: str, stand_ins: Sequence[StandIn]) -> dict[str, object] | None:
    """Return what Snakemake's `report()` is told of a file, None for one that the report does not have.

    Args:
        stand_ins: what a part of the run was made by; a label of every file names them.

    Raises:
        KeyError: `SHOWN` does not have a table or a figure of this name.
    """
    stem, suffix = Path(path).stem, Path(path).suffix
    content = "text" if stem in _TEXTS and suffix == ".md" else _FILES.get(suffix)
    if content is None:
        return None
    shown = SHOWN[stem]
    labels = {"result": shown.name, "shows": shown.content, "file": content}
    if stand_ins:
        labels["stand-ins"] = ", ".join(stand_ins)
    return {
        "caption": f"../report/{stem}.rst",
        "category": shown.category,
        "subcategory": _subcategory(stem, suffix),
        "labels": labels,
    }


def _subcategory(stem: str, suffix: str) -> str:
    if suffix == ".html":
        return _PAGES
    return _FIGURES if stem.startswith(("fig", "training")) else _TABLES
