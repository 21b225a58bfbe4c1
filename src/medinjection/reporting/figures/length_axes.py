"""Logarithmic axes with plain numbers, and the legend of models beside a figure."""

from collections.abc import Mapping, Sequence
from typing import Any

from medinjection.reporting.figures.style import OTHER_COLOUR, name_in_lines

# Quotients of the largest and smallest value up to which an axis has evenly spaced numbers, and up to which it has six
# of each power of ten; beyond, it has three.
_FLAT = 1.6
_NARROW = 20


def plain_log_axis(axis: Any, values: Sequence[float]) -> None:
    """Label a logarithmic axis with plain numbers at round places, few enough to be read."""
    from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator

    positive = [value for value in values if value > 0] or [1.0]
    quotient = max(positive) / min(positive)
    if quotient <= _FLAT:
        axis.set_major_locator(MaxNLocator(5))
    else:
        axis.set_major_locator(LogLocator(subs=(1, 1.5, 2, 3, 5, 7) if quotient <= _NARROW else (1, 2, 5), numticks=20))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.4g}"))
    axis.set_minor_locator(NullLocator())


def model_legend(
    figure: Any, looks: Mapping[str, tuple[str, str]], names: Mapping[str, str], fills: Mapping[str, str] | None = None
) -> None:
    """Put a legend to the right of the figure: the colour and marker of each model, with what it is called.

    Args:
        names: model -> what it is called.
        fills: what a fill means -> its colour, listed below the models.
    """
    from matplotlib.lines import Line2D

    look: dict[str, Any] = {"linestyle": "none", "markersize": 7}
    handles = [
        Line2D([], [], color=looks[model][0], marker=looks[model][1], label=name_in_lines(name), **look)
        for model, name in names.items()
    ]
    for name, fill in (fills or {}).items():
        handles.append(Line2D([], [], color=OTHER_COLOUR, marker="o", markerfacecolor=fill, label=name, **look))
    figure.legend(handles=handles, loc="outside right upper", fontsize=8)
