"""From upstream's labels to fourteen broad specialties (paper section 3, Figure 2): `config/specialties.yaml`."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from medinjection.records.errors import InputError
from medinjection.records.text import folded, is_blank

# Upstream's way of joining several labels of one item (MORFITT).
LABEL_SEPARATOR = "|"
LANGUAGES = ("fr", "en")


@dataclass(frozen=True, slots=True)
class Specialties:
    """The specialties, and for each source its raw labels, folded, with their specialty (None: fits none).

    `titles` has what each specialty is called in French (`fr`) and English (`en`).
    """

    names: tuple[str, ...]
    titles: Mapping[str, Mapping[str, str]]
    labels: Mapping[str, Mapping[str, str | None]]

    def of(self, source: str, raw: str | None) -> str | None:
        """Return the specialty of the raw label of an item of `source`; of several labels, the first that has one."""
        known = self.labels.get(source, {})
        return next((known[label] for label in _labels(raw) if known.get(label)), None)

    def unlisted(self, source: str, raw: str | None) -> list[str]:
        """Return those labels of an item of `source`, folded, that the table does not list."""
        return [label for label in _labels(raw) if label not in self.labels.get(source, {})]


def fold_label(label: str) -> str:
    """Return a label as it is compared: folded (`records.text`), without capitals and accents."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", folded(label).casefold()) if not unicodedata.combining(c))
    return " ".join(plain.replace("œ", "oe").replace("’", "'").split())


def load_specialties(path: Path | str) -> Specialties:
    """Read the table of specialties and labels.

    Raises:
        InputError: the file is missing or no YAML, has another form, lists a label twice, or maps one to no known
            specialty.
    """
    try:
        with open(path, encoding="utf-8") as handle:
            content = yaml.load(handle, _TableLoader)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise InputError(f"{path}: cannot be read as YAML: {error}") from error
    if not isinstance(content, dict) or set(content) != {"specialties", "labels"}:
        raise InputError(f"{path}: expected the two keys specialties and labels")
    titles, labels = content["specialties"], content["labels"]
    _check_titles(path, titles)
    if not isinstance(labels, dict) or not all(isinstance(known, dict) for known in labels.values()):
        raise InputError(f"{path}: labels: expected a mapping of labels for each source")
    names = tuple(titles)
    return Specialties(names, titles, {source: _folded(path, source, labels[source], names) for source in labels})


class _TableLoader(yaml.SafeLoader):
    """Loads YAML, but refuses a mapping that has a key twice, of which YAML would silently keep the last."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = set()
        for key_node, _ in node.value:
            if key_node.value in keys:
                raise yaml.constructor.ConstructorError(
                    None, None, f"{key_node.value!r} is listed twice", key_node.start_mark
                )
            keys.add(key_node.value)
        return super().construct_mapping(node, deep)


def _check_titles(path: Path | str, titles: Any) -> None:
    if not isinstance(titles, dict) or not titles or not all(isinstance(name, str) for name in titles):
        raise InputError(f"{path}: specialties: found {titles!r}, expected a mapping of names to titles")
    for name, title in titles.items():
        texts = title.values() if isinstance(title, dict) and set(title) == set(LANGUAGES) else [None]
        if not all(isinstance(text, str) and not is_blank(text) for text in texts):
            raise InputError(f"{path}: specialties.{name}: found {title!r}, expected a title in fr and in en")


def _folded(path: Path | str, source: str, known: Mapping[Any, Any], names: tuple[str, ...]) -> dict[str, str | None]:
    folded: dict[str, str | None] = {}
    for label, name in known.items():
        if not isinstance(label, str):
            raise InputError(f"{path}: labels.{source}: the label {label!r} is no text")
        if name is not None and name not in names:
            raise InputError(
                f"{path}: labels.{source}.{label}: found {name!r}, expected null or one of {', '.join(names)}"
            )
        key = fold_label(label)
        if key in folded:
            raise InputError(f"{path}: labels.{source}.{label}: is listed twice but for capitals, accents or spaces")
        folded[key] = name
    return folded


def _labels(raw: str | None) -> list[str]:
    return [folded for label in (raw or "").split(LABEL_SEPARATOR) if (folded := fold_label(label))]
