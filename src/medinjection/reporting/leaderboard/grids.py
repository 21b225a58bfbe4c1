"""The tables of the leaderboard: models, tests, sources, parts of the questions, costs and what others published."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from medinjection.reporting.grid import Grid
from medinjection.reporting.leaderboard.costs import AnswerCost
from medinjection.reporting.quantities import NOTHING, energy_text, seconds_text, thousands
from medinjection.reporting.reading import number

Row = Mapping[str, str]
# A difference is called significant where its corrected p-value is below this.
LEVEL = 0.05
PUBLISHED_COLUMNS = ("benchmark", "model", "split", "metric", "value", "document", "url", "same_protocol", "protocol")
_OVERALL = {"task": "all", "orders": "all"}


def board_grid(rows: Sequence[Row], path: Path | str) -> Grid:
    """Return the leaderboard proper: rows of `scoring.leaderboard.board.BOARD_COLUMNS` as read from `path`."""
    header = (
        "Model",
        "Decoding",
        "Questions",
        "Orders",
        "Mark /20",
        "95 % interval",
        "Chance",
        "Exact match, %",
        "95 % interval",
        "Chance",
        "Hamming, %",
        "95 % interval",
        "Chance",
        "Parsed, %",
        "Stable, %",
        "RStd, %",
        "To the best, EM points",
        "p (Holm)",
    )
    lines = []
    for row in rows:
        read = _Cells(row, path)
        scores = [
            cell
            for name, scale in (("mark", 1), ("exact_match", 100), ("hamming", 100))
            for cell in (read(name, scale), read.interval(name, scale), read(f"chance_{name}", scale))
        ]
        rates = [read(name, 100, 1) for name in ("parse_rate", "stable_share", "rstd")]
        best = row["model"] == row["best"]
        to_best = ("best", "") if best else (read("difference_to_best", 100, 1), read("p_holm_to_best", 1, 4))
        lines.append((row["model"], row["decoding"], row["n"], row["orders"], *scores, *rates, *to_best))
    caption = (
        "Models by mark, within each decoding. Scores are means over every order of a question, then over questions. "
        "Mark: the French exam's scale, out of twenty. Hamming: intersection over union of the predicted and the right "
        "set. Chance: expected score of a random guess. Stable: the same answer in all orders. RStd: standard "
        "deviation of the letters' recalls, a measure of position bias. To the best: difference in exact match to the "
        "model with the highest mark, with the p-value of a paired sign-flip test, corrected over all pairs of models."
    )
    return Grid(caption, header, tuple(lines), left=2)


def pairs_grid(rows: Sequence[Row], path: Path | str) -> Grid:
    """Return which differences in exact match are significant: rows of `choice.paired.ALL_PAIR_COLUMNS`."""
    header = ("Model", "Other", "Decoding", "Questions", "EM points", "p (Holm)", "Significant")
    lines = []
    for row in rows:
        if row["test"] != "sign-flip" or row["n_items"] == "0":
            continue
        read = _Cells(row, path)
        p_value = number(row["p_holm"], path, f"{row['model']}, {row['other']}: p_holm")
        verdict = "yes" if p_value is not None and p_value < LEVEL else "no"
        difference = read("difference", 100, 1)
        lines.append(
            (row["model"], row["other"], row["decoding"], row["n_items"], difference, read("p_holm", 1, 4), verdict)
        )
    caption = (
        "Every two models: difference in exact match, over the orders that both have, and a paired sign-flip test over "
        f"questions. Significant: p below {LEVEL} after Holm's correction over all pairs of a decoding."
    )
    return Grid(caption, header, tuple(lines), left=3)


def sources_grid(rows: Sequence[Row], path: Path | str) -> Grid:
    """Return the exam's marks by source: rows of `scoring.exam.scores.EXAM_COLUMNS`."""
    chosen = [row for row in rows if all(row[name] == value for name, value in _OVERALL.items())]
    sources = list(dict.fromkeys(row["source"] for row in chosen))
    header = ("Model", "Decoding", *(f"{source}" for source in sources))
    caption = "Marks out of twenty by source, over every order, with the number of questions and the mark of chance."
    return Grid(caption, header, _by_model(chosen, "source", sources, path), left=2)


def slices_grid(rows: Sequence[Row], kind: str, path: Path | str) -> Grid:
    """Return the marks by one kind of part: rows of `scoring.slices.scores.SLICE_COLUMNS`."""
    chosen = [row for row in rows if row["slice"] == kind]
    values = list(dict.fromkeys(row["value"] for row in chosen))
    few = any(row["note"] for row in chosen)
    caption = (
        f"Marks out of twenty by {kind.replace('_', ' ')}, over every order, with the number of questions and the mark "
        f"of chance.{' *: fewer than 30 questions.' if few else ''}"
    )
    return Grid(caption, ("Model", "Decoding", *values), _by_model(chosen, "value", values, path), left=2)


def languages_grid(rows: Sequence[Row], path: Path | str) -> Grid:
    """Return the answers in French beside those in English: rows of `scoring.slices.languages.LANGUAGE_COLUMNS`."""
    header = (
        "Model",
        "Decoding",
        "Source",
        "Questions",
        "French, EM %",
        "English, EM %",
        "Difference, points",
        "95 % interval",
        "p (sign-flip)",
    )
    lines = []
    for row in rows:
        read = _Cells(row, path)
        scores = [read(name, 100) for name in ("exact_match_fr", "exact_match_en", "difference")]
        interval = read.interval("difference", 100)
        p_value = read("p_sign_flip", 1, 4)
        lines.append((row["model"], row["decoding"], row["source"], row["n"], *scores, interval, p_value))
    caption = (
        "The same questions, translated into French and as they were in English: exact match, means over every order. "
        "Both languages ask for the same knowledge, so that the difference is what is lost by the language or by the "
        "translation."
    )
    return Grid(caption, header, tuple(lines), left=3)


def costs_grid(models: Iterable[str], costs: Mapping[str, AnswerCost]) -> Grid:
    """Return what the answers of each model cost."""
    lines = []
    for model in models:
        cost = costs.get(model, AnswerCost(model))
        texts = (
            seconds_text(cost.seconds),
            energy_text(cost.energy_joules),
            thousands(cost.prompts),
            thousands(cost.tokens),
        )
        lines.append((model, *texts, cost.money or NOTHING, cost.where or NOTHING))
    header = ("Model", "Time", "Energy", "Prompts", "Tokens", "Money", "Where")
    caption = (
        "Cost of all answers, choice and open ones. Time and energy are those of the last job, loading included; "
        f"energy where the driver counts it. Tokens and money are known of models behind an endpoint. {NOTHING}: not "
        "recorded."
    )
    return Grid(caption, header, tuple(lines))


def published_grid(rows: Sequence[Row]) -> Grid:
    """Return what others published, as printed there: rows of PUBLISHED_COLUMNS."""
    header = ("Benchmark", "Model", "Split", "Metric", "Value", "Document", "Same protocol", "What differs")
    names = ("benchmark", "model", "split", "metric", "value", "document", "same_protocol", "protocol")
    lines = tuple(tuple(row[name] for name in names) for row in rows)
    caption = (
        "Results that others published, as printed in the documents named. They are not ours and were not repeated."
    )
    return Grid(caption, header, lines, left=4)


def _by_model(rows: Sequence[Row], column: str, values: Sequence[str], path: Path | str) -> tuple[tuple[str, ...], ...]:
    cells = {
        (row["model"], row["decoding"], row[column]): f"{read('mark')} ({row['n']}; {read('chance_mark', 1, 1)})"
        + ("*" if row.get("note") else "")
        for row in rows
        for read in (_Cells(row, path),)
    }
    keys = dict.fromkeys((row["model"], row["decoding"]) for row in rows)
    return tuple((*key, *(cells.get((*key, value), NOTHING) for value in values)) for key in keys)


class _Cells:
    """The numbers of one row, as texts."""

    def __init__(self, row: Row, path: Path | str) -> None:
        self._row, self._path = row, path

    def __call__(self, name: str, scale: float = 1, places: int = 2) -> str:
        value = number(self._row[name], self._path, f"{self._row['model']}: {name}")
        return NOTHING if value is None else f"{scale * value:.{places}f}"

    def interval(self, name: str, scale: float = 1) -> str:
        return f"[{self(f'{name}_ci_low', scale)}, {self(f'{name}_ci_high', scale)}]"
