"""Markdown: how a text is escaped and how a table is laid out, for all tables and cards."""

from collections.abc import Sequence

_SPECIALS = str.maketrans({c: f"\\{c}" for c in "\\`*_[]<>|#"} | {"\n": " "})


def markdown_escape(text: str) -> str:
    """Return `text` so that Markdown prints it as it is, also inside a table."""
    return text.translate(_SPECIALS)


def markdown_table(header: Sequence[str], lines: Sequence[Sequence[str]], left: int = 1) -> str:
    """Return a table, its cells padded so that the source reads as a table too.

    Args:
        header: cells that are Markdown already, as are those of `lines`.
        left: how many columns stand to the left; the others stand to the right.
    """
    widths = [max(map(len, column)) for column in zip(header, *lines, strict=True)]
    rule = ["-" * width if place < left else "-" * (width - 1) + ":" for place, width in enumerate(widths)]
    padded = [
        [cell.ljust(width) if place < left else cell.rjust(width) for place, (cell, width) in enumerate(pairs)]
        for pairs in (list(zip(line, widths, strict=True)) for line in (header, rule, *lines))
    ]
    return "\n".join(f"| {' | '.join(line)} |" for line in padded)


def markdown_titled(label: str, caption: str, table: str) -> str:
    """Return a table below its label, such as "Table 1", and its caption, a text that is not escaped yet."""
    title = f"**{label}.** {markdown_escape(caption)}" if label else markdown_escape(caption)
    return f"{title}\n\n{table}\n"
