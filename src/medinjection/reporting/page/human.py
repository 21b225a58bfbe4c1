"""The page's section on the human review: how far raters agree, and whether they are persons."""

from pathlib import Path
from typing import Any

from medinjection.records.csv_rows import read_rows
from medinjection.reporting.quantities import NOTHING
from medinjection.reporting.reading import number
from medinjection.scoring.human.agreement import AGREEMENT_COLUMNS, ALPHA, EQUIVALENT, KAPPA, PERCENT

# Statistic -> what the page calls it, and how many decimals it has.
_SHOWN = {
    EQUIVALENT: ("Rated equivalent, %", 1),
    PERCENT: ("Same rating, %", 1),
    KAPPA: ("Cohen's kappa", 3),
    ALPHA: ("Krippendorff's alpha", 3),
}


def human_facts(path: Path | None) -> dict[str, Any]:
    """Return what the template shows of the raters' agreement; nothing where nobody has rated.

    Args:
        path: scores/human_agreement.csv, None where there are no ratings.

    Raises:
        InputError: the file is missing or not what it should be.
    """
    if path is None:
        return {"agreement": [], "simulated_ratings": False}
    rows = read_rows(path, AGREEMENT_COLUMNS)
    shown = []
    for row in rows:
        title, places = _SHOWN[row["statistic"]]
        value = number(row["value"], path, f"{row['statistic']}, {row['raters']}: value")
        shown.append(
            {
                "statistic": title,
                "raters": row["raters"].replace(" ", ", "),
                "items": int(row["items"]),
                "value": NOTHING if value is None else f"{value:.{places}f}",
                "note": row["note"],
                "signature": row["signature"],
            }
        )
    return {"agreement": shown, "simulated_ratings": any(row["simulated"] == "yes" for row in rows)}
