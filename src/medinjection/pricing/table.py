"""The estimates as a file and as a sentence."""

import csv
import io
from collections.abc import Sequence
from dataclasses import asdict, fields

from medinjection.pricing.estimation import Estimate
from medinjection.pricing.ledger import money_text

COLUMNS = tuple(field.name for field in fields(Estimate))


def estimates_csv(estimates: Sequence[Estimate]) -> str:
    """Return the estimates as CSV; an unknown sum of money is empty."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for one in estimates:
        money = {name: money_text(getattr(one, name)) for name in ("money", "paid", "to_pay")}
        writer.writerow(asdict(one) | money)
    return text.getvalue()


def summary(estimates: Sequence[Estimate]) -> str:
    """Say in one sentence what is to be paid, and of which language models that cannot be told."""
    requests, answered = (sum(getattr(one, name) for one in estimates) for name in ("requests", "answered"))
    known = [one.to_pay for one in estimates if one.to_pay is not None]
    unknown = [one for one in estimates if one.to_pay is None]
    text = f"{requests:,} requests, {answered:,} of them answered already; "
    if known or not unknown:
        text += f"about {sum(known):,.2f} to pay"
    if unknown:
        left = sum(one.requests - one.answered for one in unknown)
        names = ", ".join(sorted({one.teacher for one in unknown}))
        text += f"{', and ' if known else ''}an unknown sum for {left:,} requests to {names} (no price is given)"
    return f"{text}. Answers that have to be asked again come on top."
