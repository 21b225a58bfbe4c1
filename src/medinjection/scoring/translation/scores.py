"""BLEU of translations of a test set: of each system, and of each of its segments."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, astuple, dataclass, fields
from pathlib import Path

from medinjection.records.errors import InputError
from medinjection.records.files import csv_text, write_text
from medinjection.scoring.open.text import bleu
from medinjection.scoring.translation.pairs import Segment


@dataclass(frozen=True, slots=True)
class SystemScore:
    """Corpus BLEU (0 to 100) of a system; `missing` of its `n` segments have no translation and count as empty ones."""

    test_set: str
    system: str
    n: int
    missing: int
    bleu: float
    signature: str


@dataclass(frozen=True, slots=True)
class SegmentScore:
    """What a system made of a segment, and its sentence BLEU (0 to 100, effective order)."""

    system: str
    segment_id: str
    source: str
    reference: str
    output: str
    bleu: float


def score_systems(
    test_set: str, segments: Sequence[Segment], translated: Mapping[str, Mapping[str, str]]
) -> tuple[list[SystemScore], list[SegmentScore]]:
    """Score the outputs of teachers, then the given ones that came with the segments.

    BLEU is sacrebleu's corpus BLEU with its defaults; sentence BLEU differs from them in the effective order.

    Args:
        translated: teacher -> segment id -> French text; a segment may be missing.

    Raises:
        InputError: no system to score, a teacher has the name of a given system, or translated an unknown segment.
    """
    from sacrebleu.metrics.bleu import BLEU

    systems = _systems(test_set, segments, translated)
    references = [segment.reference for segment in segments]
    of_sentence = BLEU(effective_order=True)
    scores, of_segments = [], []
    for system, by_id in systems.items():
        outputs = [by_id.get(segment.segment_id, "") for segment in segments]
        value, signature = bleu(outputs, references)
        scores.append(SystemScore(test_set, system, len(outputs), outputs.count(""), value, signature))
        for segment, output in zip(segments, outputs, strict=True):
            score = of_sentence.sentence_score(output, [segment.reference]).score
            texts = (segment.segment_id, segment.source, segment.reference, output)
            of_segments.append(SegmentScore(system, *texts, score))
    return scores, of_segments


def _systems(
    test_set: str, segments: Sequence[Segment], translated: Mapping[str, Mapping[str, str]]
) -> dict[str, Mapping[str, str]]:
    systems = dict(translated)
    known = {segment.segment_id for segment in segments}
    for teacher, by_id in translated.items():
        if unknown := [segment_id for segment_id in by_id if segment_id not in known]:
            raise InputError(f"{test_set}: {teacher} translated {unknown[0]}, which is not a segment of the test set")
    for given in dict.fromkeys(system for segment in segments for system in segment.outputs):
        if given in systems:
            raise InputError(f"{test_set}: {given!r} is both a teacher and a system whose outputs are given")
        systems[given] = {s.segment_id: s.outputs[given] for s in segments if given in s.outputs}
    if not systems:
        raise InputError(f"{test_set}: no output to score: it comes with none, and no teacher is named to translate it")
    return systems


def scores_text(scores: Sequence[SystemScore]) -> str:
    """Return scores of systems as CSV."""
    return csv_text([field.name for field in fields(SystemScore)], map(astuple, scores))


def write_segment_scores(path: Path | str, scores: Sequence[SegmentScore]) -> None:
    """Write scores of segments with their texts as JSON lines, which the environment of COMET can read."""
    write_text(path, "".join(json.dumps(asdict(score), ensure_ascii=False) + "\n" for score in scores))
