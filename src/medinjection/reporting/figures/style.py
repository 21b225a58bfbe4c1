"""One look for every figure: type, sizes, and a palette that colour-blind readers can tell apart."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from textwrap import wrap
from typing import Any

from medinjection.records.errors import InputError
from medinjection.records.files import write_text, written_atomically
from medinjection.reporting.remark import Remark

# Okabe and Ito (2008), Color Universal Design; the markers differ as well, for print in grey.
COMPONENT_COLOURS = {"native": "#0072B2", "translated": "#E69F00", "synthetic": "#009E73"}
COMPONENT_MARKERS = {"native": "o", "translated": "^", "synthetic": "s"}
PUBLISHED_COLOUR = "#333333"
# Mixes in their order: those of one component have its colour, the others the rest of the palette, without its yellow.
MODEL_COLOURS = (*COMPONENT_COLOURS.values(), "#CC79A7", "#56B4E9", "#D55E00", "#000000")
# Models that learnt no mix of the run. As many markers as no number of colours divides, so that pairs of both differ.
# A dark grey: a middle one looks like the green to who lacks the green cones.
OTHER_COLOUR = "#585858"
MODEL_MARKERS = ("o", "^", "s", "D", "v", "P", "X", "<", ">", "p", "*")

# DejaVu Sans comes with matplotlib, so that a figure has the same letters on every machine. The keys are Any because
# matplotlib types them as literals.
_STYLE: dict[Any, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 10,
    "legend.frameon": False,
    "savefig.facecolor": "white",
    "svg.fonttype": "path",
    "svg.hashsalt": "medinjection",
}
_PNG_DPI = 150
# A line below a picture: points, inches from line to line, characters that an inch holds.
_MARK_SIZE = 7
_MARK_LINE = 0.14
_MARK_CHARACTERS = 15
_MARK_COLOUR = "#b00020"
# Longer names are broken, so that they do not take the room of the picture.
NAME_CHARACTERS = 24


def component_colour(component: str) -> str:
    """Return the colour of a component. Raises InputError for one that has none."""
    return _looked_up(COMPONENT_COLOURS, component, "colour")


def component_marker(component: str) -> str:
    """Return the marker of a component. Raises InputError for one that has none."""
    return _looked_up(COMPONENT_MARKERS, component, "marker")


def mix_of(model: str) -> str:
    """Return the mix that a model has learnt; another base or an ablation stands behind it in the model's name."""
    return model.partition("@")[0]


def model_looks(models: Sequence[str], trained: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Return colour and marker of each model: the mix's colour as in the training curves, a marker for each model.

    Args:
        trained: the models that learnt a mix of the run, in their order; all others share OTHER_COLOUR.
    """
    mixes = list(dict.fromkeys(map(mix_of, trained)))
    looks = {}
    for place, model in enumerate(models):
        learnt = model in trained
        colour = MODEL_COLOURS[mixes.index(mix_of(model)) % len(MODEL_COLOURS)] if learnt else OTHER_COLOUR
        looks[model] = (colour, MODEL_MARKERS[place % len(MODEL_MARKERS)])
    return looks


def name_in_lines(name: str) -> str:
    """Return a name broken into lines of NAME_CHARACTERS at most, behind its hyphens and the like where it has some."""
    lines = [""]
    for piece in re.findall(rf"[^-@_/ ]{{1,{NAME_CHARACTERS - 1}}}[-@_/ ]?|[-@_/ ]", name):
        if len(lines[-1] + piece) > NAME_CHARACTERS:
            lines.append("")
        lines[-1] += piece
    return "\n".join(lines)


@contextmanager
def figure_style() -> Iterator[None]:
    """Draw with the project's style inside the block, whatever the user's own settings of matplotlib are."""
    import matplotlib

    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(_STYLE)
        yield


def save_figure(figure: Any, stem: Path | str, mark: str = "") -> None:
    """Write `<stem>.svg` and `<stem>.png`, without date or version: the same figure gives the same bytes.

    Args:
        figure: a matplotlib figure, drawn and saved inside `figure_style`.
        mark: what is written below the picture, and into the files' descriptions, such as that it is a demonstration.
    """
    _settle_layout(figure)
    region = _marked_region(figure, mark) if mark else None
    described: dict[str, str | None] = {"Description": mark} if mark else {}
    for suffix, left_out in (("svg", ("Date", "Creator")), ("png", ("Software",))):
        metadata = {**dict.fromkeys(left_out), **described}
        with written_atomically(Path(f"{stem}.{suffix}")) as partial:
            figure.savefig(partial, format=suffix, dpi=_PNG_DPI, metadata=metadata, bbox_inches=region)


def write_caption(stem: Path | str, sentences: list[str], remark: Remark) -> None:
    """Write `<stem>_caption.txt`: the sentences and the run's remark, in one line."""
    write_text(f"{stem}_caption.txt", " ".join(filter(None, [*sentences, str(remark)])) + "\n")


def _settle_layout(figure: Any) -> None:
    """Lay the figure out once and for all, with places rounded: the last bits of the layout's solver vary."""
    if figure.get_layout_engine() is None:
        return
    figure.draw_without_rendering()
    figure.set_layout_engine("none")
    for axes in figure.axes:
        axes.set_position([round(value, 4) for value in axes.get_position().bounds])


def _marked_region(figure: Any, mark: str) -> Any:
    """Write `mark` below the figure, and return the region of both in inches."""
    from matplotlib.transforms import Bbox

    width, height = figure.get_size_inches()
    lines = wrap(mark, int(width * _MARK_CHARACTERS))
    below = _MARK_LINE * (len(lines) + 0.5)
    text = "\n".join(lines)
    look = {"fontsize": _MARK_SIZE, "color": _MARK_COLOUR, "parse_math": False}
    figure.text(0.5, -below / 2 / height, text, ha="center", va="center", **look)
    return Bbox([[0, -below], [width, height]])


def _looked_up(values: dict[str, str], component: str, kind: str) -> str:
    if component not in values:
        raise InputError(f"component {component!r} has no {kind}, expected one of {', '.join(values)}")
    return values[component]
