"""Ratings, judgements and metric scores of a few open answers, as files and as scorers."""

import pyarrow as pa
import pyarrow.parquet as pq

from medinjection.scoring.agreement.scorers import Ratings, Scorer


def ratings_file(path, rows, simulated=False, probabilities=None):
    """Write human/ratings.parquet of rows (model, record, rater, rating)."""
    columns = dict(zip(("model", "record_id", "rater", "rating"), map(list, zip(*rows, strict=True)), strict=True))
    columns["rating"] = pa.array(columns["rating"], pa.int8())
    columns |= {"comment": [""] * len(rows), "simulated": [simulated] * len(rows)}
    columns["probability"] = pa.array(probabilities or [None] * len(rows), pa.float64())
    pq.write_table(pa.table(columns), path)
    return path


def judgements_file(folder, model, scores):
    """Write judgements/<judge>/<model>.parquet of record -> score."""
    folder.mkdir(parents=True, exist_ok=True)
    texts = ["" if score is None else str(score) for score in scores.values()]
    columns = {"record_id": [*scores], "score": pa.array([*scores.values()], pa.int8()), "raw_output": texts}
    pq.write_table(pa.table(columns), folder / f"{model}.parquet")
    return folder


def metrics_file(path, rows):
    """Write scores/open_answers.parquet of rows (model, record, metric, variant, score)."""
    names = ("model", "record_id", "metric", "variant", "score")
    pq.write_table(pa.table(dict(zip(names, map(list, zip(*rows, strict=True)), strict=True))), path)
    return path


def ratings_of(values, raters=("dr-a",), simulated=()):
    """Return ratings of the answers ("base", "0"), ("base", "1"), ..."""
    return Ratings({("base", str(i)): value for i, value in enumerate(values)}, raters, simulated)


def scorer_of(name, values, kind="judge", variant="-"):
    """Return a scorer of the same answers."""
    return Scorer(kind, name, variant, {("base", str(i)): value for i, value in enumerate(values)})
