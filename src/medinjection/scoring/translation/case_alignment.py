"""Common segments of a text and its translations, whose lines are cut differently."""

from collections.abc import Iterable, Mapping, Sequence


def common_segments(source: Sequence[str], translations: Mapping[str, Sequence[str]]) -> list[dict[str, list[str]]]:
    """Return the shortest segments that begin at a line of every side, as name -> lines; the source's name is "".

    A translation with as many lines as the source is aligned line by line. Others are aligned by the lengths of the
    lines (Gale and Church, 1993, as NLTK has it); translations with equal numbers of lines come from one way of cutting
    and are aligned together, by their mean lengths, which makes one unlike sentence matter less.
    """
    by_count: dict[int, list[Sequence[str]]] = {}
    for lines in translations.values():
        by_count.setdefault(len(lines), []).append(lines)
    starts = {count: _starts(source, alike) for count, alike in by_count.items()}
    common = sorted(set(range(len(source))).intersection(*starts.values()))
    segments = []
    for start, end in zip(common, [*common[1:], None], strict=True):
        segment = {"": list(source[start:end])}
        for name, lines in translations.items():
            first = starts[len(lines)]
            segment[name] = list(lines[first[start] : None if end is None else first[end]])
        segments.append(segment)
    return segments


def _starts(source: Sequence[str], alike: Sequence[Sequence[str]]) -> dict[int, int]:
    """Return line of the source -> line of the translations, where both begin a segment."""
    count = len(alike[0])
    if count == len(source):
        return {line: line for line in range(count)}
    from nltk.translate.gale_church import align_blocks

    lengths = [round(sum(map(len, lines)) / len(alike)) for lines in zip(*alike, strict=True)]
    return _starts_of_links(align_blocks([len(line) for line in source], lengths))


def _starts_of_links(links: Iterable[tuple[int, int]]) -> dict[int, int]:
    """Return where both sides move on from one link to the next; a line without link belongs to the segment before."""
    starts = {0: 0}
    before = None
    for left, right in sorted(links):
        if before is not None and left > before[0] and right > before[1]:
            starts[before[0] + 1] = before[1] + 1
        before = (left, right)
    return starts
