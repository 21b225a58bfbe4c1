"""Figure 4: t-SNE of instruction embeddings, and how far the components mix (paper section 4.1)."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from medinjection.models.embedding import MODEL_KEY
from medinjection.records.errors import InputError
from medinjection.records.files import csv_text, write_text
from medinjection.records.schema import COMPONENTS
from medinjection.reporting.figures.style import (
    component_colour,
    component_marker,
    figure_style,
    save_figure,
    write_caption,
)
from medinjection.reporting.remark import NO_REMARK, Remark, marked_csv

COLUMNS = ("id", "component", "source", "x", "y")
MIXING_COLUMNS = ("component", "neighbour_component", "points", "neighbours", "share", "chance")

_NEIGHBOURS = 10
_MINIMUM_POINTS = 5


@dataclass(frozen=True, slots=True)
class Embedded:
    """Embeddings of instructions: ids, components and sources, vectors of length 1 (float32), the model's name."""

    ids: list[str]
    components: list[str]
    sources: list[str]
    vectors: np.ndarray
    model: str


@dataclass(frozen=True, slots=True)
class Mixing:
    """Of the nearest neighbours of one component's points, the share in another, and the share chance would give."""

    component: str
    neighbour_component: str
    points: int
    neighbours: int
    share: float
    chance: float


def read_embeddings(path: Path | str) -> Embedded:
    """Read embeddings.

    Raises:
        InputError: the file is missing, lacks a column or the model's name, or has too few rows for a map.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"{path}: no such file")
    table = pq.read_table(path)
    if missing := [name for name in ("id", "component", "source", "embedding") if name not in table.column_names]:
        raise InputError(f"{path}: no column {', '.join(missing)}; found: {', '.join(table.column_names)}")
    model = (table.schema.metadata or {}).get(MODEL_KEY)
    if model is None:
        raise InputError(f"{path}: its metadata names no model, expected the key {MODEL_KEY.decode()}")
    if table.num_rows < _MINIMUM_POINTS:
        raise InputError(f"{path}: {table.num_rows} embeddings, expected at least {_MINIMUM_POINTS} for a map")
    flat = table["embedding"].combine_chunks().flatten().to_numpy()
    ids, components, sources = (table[name].to_pylist() for name in ("id", "component", "source"))
    return Embedded(ids, components, sources, flat.reshape(table.num_rows, -1), model.decode())


def clipped_perplexity(wanted: float, points: int) -> float:
    """Return the perplexity, or a third of the other points where there are too few for it."""
    return min(wanted, (points - 1) / 3)


def project(vectors: np.ndarray, perplexity: float, seed: int) -> np.ndarray:
    """Return the t-SNE of `vectors` in two dimensions, started from their principal components, with one thread.

    Raises:
        InputError: the vectors are all equal, so that there is nothing to map.
    """
    from sklearn.manifold import TSNE
    from threadpoolctl import threadpool_limits

    if (vectors == vectors[0]).all():
        raise InputError(f"all {len(vectors)} embeddings are equal, expected different ones for a map")
    # Sums are split over threads, so their number decides the last bits.
    with threadpool_limits(limits=1):
        tsne = TSNE(2, init="pca", perplexity=clipped_perplexity(perplexity, len(vectors)), random_state=seed)
        return tsne.fit_transform(vectors)


def mixing(vectors: np.ndarray, components: Sequence[str], neighbours: int = _NEIGHBOURS) -> list[Mixing]:
    """Say of each pair of components how often a point of the first has a nearest neighbour in the second.

    Neighbours are by cosine similarity in the space of the embeddings, not on the map; a point is not its own
    neighbour. `chance` is the second component's share of all other points.
    """
    from sklearn.neighbors import NearestNeighbors

    count = min(neighbours, len(vectors) - 1)
    search = NearestNeighbors(n_neighbors=count, metric="cosine", algorithm="brute").fit(vectors)
    found = search.kneighbors(return_distance=False)
    labels = np.array(components)
    rows = []
    present = [name for name in COMPONENTS if name in set(components)]
    for component in present:
        mine = labels == component
        for other in present:
            share = float((labels[found[mine]] == other).mean())
            chance = float((labels == other).sum() - (other == component)) / (len(labels) - 1)
            rows.append(Mixing(component, other, int(mine.sum()), count, share, chance))
    return rows


def foreign_share(rows: Sequence[Mixing]) -> tuple[float, float]:
    """Return the share of nearest neighbours that are of another component, over all points, and that of chance."""
    points = sum(row.points for row in rows if row.component == row.neighbour_component)
    other = [row for row in rows if row.component != row.neighbour_component]
    share = sum(row.points * row.share for row in other) / points
    return share, sum(row.points * row.chance for row in other) / points


def write_map_figure(
    embedded: Embedded, folder: Path | str, perplexity: float = 30, seed: int = 42, remark: Remark = NO_REMARK
) -> None:
    """Write `fig4.csv`, `.svg`, `.png`, `fig4_mixing.csv` and `fig4_caption.txt` to `folder`."""
    stem = Path(folder) / "fig4"
    places = project(embedded.vectors, perplexity, seed)
    mixed = mixing(embedded.vectors, embedded.components)
    with figure_style():
        save_figure(_drawn(embedded, places), stem, remark.demonstration)
    write_caption(stem, map_caption(embedded, mixed, perplexity), remark)
    write_text(stem.with_name("fig4_mixing.csv"), marked_csv(_mixing_csv(mixed), remark))
    write_text(stem.with_suffix(".csv"), marked_csv(_map_csv(embedded, places), remark))


def map_caption(embedded: Embedded, mixed: Sequence[Mixing], perplexity: float) -> list[str]:
    """Return the sentences of the caption."""
    share, chance = foreign_share(mixed)
    counts = {row.component: row.points for row in mixed}
    sampled = ", ".join(f"{count:,} {component}" for component, count in counts.items())
    used = clipped_perplexity(perplexity, len(embedded.ids))
    return [
        f"t-SNE (perplexity {used:g}) of the embeddings of instructions, questions without context and options: "
        f"{sampled}, drawn by a keyed hash.",
        f"Embedding model: {embedded.model}; the paper does not name its own.",
        f"Of the {mixed[0].neighbours} nearest neighbours of an instruction, {100 * share:.1f} % are of another "
        f"component, where chance would give {100 * chance:.1f} % (by cosine similarity, before t-SNE; fig4_mixing.csv "
        "has the pairs of components). The paper judges the overlap by eye.",
        "Distances and areas on a t-SNE map have no meaning of their own.",
    ]


def _map_csv(embedded: Embedded, places: np.ndarray) -> str:
    points = zip(embedded.ids, embedded.components, embedded.sources, places.tolist(), strict=True)
    return csv_text(COLUMNS, ([*names, f"{x:.4f}", f"{y:.4f}"] for *names, (x, y) in points))


def _mixing_csv(rows: Sequence[Mixing]) -> str:
    lines = []
    for row in rows:
        names = (row.component, row.neighbour_component, row.points, row.neighbours)
        lines.append([*names, f"{row.share:.4f}", f"{row.chance:.4f}"])
    return csv_text(MIXING_COLUMNS, lines)


def _drawn(embedded: Embedded, places: np.ndarray) -> Any:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.4, 5.6), layout="constrained")
    axes = figure.add_subplot()
    labels = np.array(embedded.components)
    for component in dict.fromkeys(embedded.components):
        points = places[labels == component]
        axes.scatter(
            points[:, 0],
            points[:, 1],
            s=11,
            alpha=0.6,
            linewidths=0,
            color=component_colour(component),
            marker=component_marker(component),
            label=f"{component} ({len(points):,})",
        )
    axes.set(xticks=[], yticks=[])
    axes.set_xlabel("t-SNE 1")
    axes.set_ylabel("t-SNE 2")
    figure.legend(loc="outside upper center", ncols=len(COMPONENTS), markerscale=2)
    return figure
