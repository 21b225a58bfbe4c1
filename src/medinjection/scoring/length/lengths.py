"""How long each model's open answers are, beside their references (paper, Figure 6)."""

from statistics import fmean

import pyarrow as pa

from medinjection.records.errors import InputError

LENGTH_COLUMNS = (
    "model",
    "answers",
    "empty",
    "unfinished",
    "output_tokens",
    "reference_tokens",
    "mean_of_ratios",
    "ratio_of_means",
    "without_ratio",
)


def length_row(predictions: pa.Table, model: str) -> dict[str, object]:
    """Return a row of LENGTH_COLUMNS for the answers of one model, a table of OPEN_SCHEMA.

    `output_tokens` and `reference_tokens` are means, in the model's own tokens. The length of an answer over that of
    its reference is averaged in two ways: `mean_of_ratios` over the answers, without those whose reference has no token
    (`without_ratio` counts them), and `ratio_of_means`. `unfinished` answers reached the limit of new tokens, so that
    they would have been longer.

    Raises:
        InputError: there is no answer.
    """
    outputs, references = (predictions[name].to_pylist() for name in ("output_tokens", "reference_tokens"))
    if not outputs:
        raise InputError(f"model {model}: no open answer, expected at least one")
    ratios = [output / reference for output, reference in zip(outputs, references, strict=True) if reference]
    return {
        "model": model,
        "answers": len(outputs),
        "empty": outputs.count(0),
        "unfinished": predictions["finished"].to_pylist().count(False),
        "output_tokens": fmean(outputs),
        "reference_tokens": fmean(references),
        "mean_of_ratios": fmean(ratios) if ratios else "",
        "ratio_of_means": fmean(outputs) / fmean(references) if any(references) else "",
        "without_ratio": len(outputs) - len(ratios),
    }
