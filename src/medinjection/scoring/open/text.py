"""Text metrics that need no model: BLEU, ROUGE and METEOR, each as the field computes it and as is right for French."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from importlib.metadata import version
from types import SimpleNamespace
from typing import Any

from medinjection.progress import progress_bar
from medinjection.scoring.open.answer_scores import VARIANTS
from medinjection.scoring.open.tokenisers import FrenchTokeniser, french_text

ROUGE_TYPES = ("rouge1", "rouge2", "rougeL")
# What every signature of a French variant says of the texts.
FRENCH = "text:folded|ligatures:kept"
# NLTK's defaults, which follow Lavie and Agarwal (2007).
_METEOR_WEIGHTS = {"alpha": 0.9, "beta": 3.0, "gamma": 0.5}


def bleu(outputs: Sequence[str], references: Sequence[str], variant: str = "default") -> tuple[float, str]:
    """Return corpus BLEU (0 to 100), and sacrebleu's signature.

    Args:
        variant: "default" for sacrebleu's defaults; "fr" for its tokenizer `intl` on texts as `french_text` has them.
    """
    metric, read, suffix = _bleu_metric(variant, of_sentences=False)
    score = metric.corpus_score([read(text) for text in outputs], [[read(text) for text in references]])
    return float(score.score), f"{metric.get_signature()}{suffix}"


def sentence_bleu(outputs: Sequence[str], references: Sequence[str], variant: str) -> tuple[list[float], str]:
    """Return the BLEU (0 to 100) of each output alone, with the effective order, and sacrebleu's signature.

    Args:
        variant: as `bleu` takes it.
    """
    metric, read, suffix = _bleu_metric(variant, of_sentences=True)
    pairs = progress_bar(len(outputs), f"BLEU {variant}", "answers", zip(outputs, references, strict=True))
    scores = [metric.sentence_score(read(output), [read(reference)]).score for output, reference in pairs]
    # The signature is known once something was scored.
    metric.sentence_score("", [""])
    return scores, f"{metric.get_signature()}{suffix}"


def rouge(outputs: Sequence[str], references: Sequence[str], variant: str) -> dict[str, list[float]]:
    """Return the F1 (0 to 100) of each output by ROUGE-1, ROUGE-2 and ROUGE-L, without stemming.

    Args:
        variant: "default" for rouge_score's tokenizer, which drops accented letters; "fr" for `FrenchTokeniser`.
    """
    from rouge_score.rouge_scorer import RougeScorer

    tokenizer = FrenchTokeniser() if variant == "fr" else None
    scorer = RougeScorer(list(ROUGE_TYPES), use_stemmer=False, tokenizer=tokenizer)
    pairs = progress_bar(len(outputs), f"ROUGE {variant}", "answers", zip(outputs, references, strict=True))
    scores = [scorer.score(reference, output) for output, reference in pairs]
    return {metric: [100 * score[metric].fmeasure for score in scores] for metric in ROUGE_TYPES}


def rouge_signature(metric: str, variant: str) -> str:
    """Return what identifies a ROUGE score: the metric, its tokenizer and options, and the version of rouge_score."""
    text = f"|{FRENCH}" if variant == "fr" else ""
    return f"{metric}|measure:f1|stem:no|tok:{variant}{text}|rouge_score:{version('rouge_score')}"


def meteor(outputs: Sequence[str], references: Sequence[str], variant: str) -> list[float]:
    """Return NLTK's METEOR (0 to 100) of each output, without synonyms: WordNet's are English, and data to download.

    Args:
        variant: "default" for the words of NLTK's `word_tokenize` and Porter's English stemmer; "fr" for
            `FrenchTokeniser` and the French Snowball stemmer.
    """
    from nltk.translate.meteor_score import single_meteor_score

    words, stem = _meteor_parts(variant)
    # A corpus says few different words: each is stemmed once.
    stemmer = SimpleNamespace(stem=lru_cache(maxsize=None)(stem))
    no_synonyms = SimpleNamespace(synsets=lambda _: [])
    pairs = progress_bar(len(outputs), f"METEOR {variant}", "answers", zip(outputs, references, strict=True))
    return [
        100
        * single_meteor_score(words(reference), words(output), stemmer=stemmer, wordnet=no_synonyms, **_METEOR_WEIGHTS)
        for output, reference in pairs
    ]


def meteor_signature(variant: str) -> str:
    """Return what identifies a METEOR score: its words, stemmer, synonyms and weights, and the version of NLTK."""
    parts = f"stem:snowball_french|tok:fr|{FRENCH}" if variant == "fr" else "stem:porter|tok:word_tokenize"
    weights = "|".join(f"{name}:{value:g}" for name, value in _METEOR_WEIGHTS.items())
    return f"meteor|synonyms:none|{parts}|{weights}|nltk:{version('nltk')}"


def lexical_scores(
    outputs: Sequence[str], references: Sequence[str]
) -> dict[tuple[str, str], tuple[Sequence[float], str]]:
    """Return (metric, variant) -> the score (0 to 100) of each output, and what computed it."""
    scores: dict[tuple[str, str], tuple[Sequence[float], str]] = {}
    for variant in VARIANTS:
        scores["bleu", variant] = sentence_bleu(outputs, references, variant)
        for metric, values in rouge(outputs, references, variant).items():
            scores[metric, variant] = (values, rouge_signature(metric, variant))
        scores["meteor", variant] = (meteor(outputs, references, variant), meteor_signature(variant))
    return scores


def _bleu_metric(variant: str, of_sentences: bool) -> tuple[Any, Callable[[str], str], str]:
    """Return sacrebleu's metric, how it is given a text, and what its signature does not say."""
    from sacrebleu.metrics.bleu import BLEU

    if variant == "fr":
        return BLEU(tokenize="intl", effective_order=of_sentences), french_text, f"|{FRENCH}"
    return BLEU(effective_order=of_sentences), str, ""


def _meteor_parts(variant: str) -> tuple[Callable[[str], list[str]], Callable[[str], str]]:
    """Return how a text is split into words, and how a word is stemmed."""
    from nltk.stem.porter import PorterStemmer
    from nltk.stem.snowball import SnowballStemmer
    from nltk.tokenize import word_tokenize

    if variant == "fr":
        return FrenchTokeniser().tokenize, SnowballStemmer("french").stem
    # Lines are kept: finding sentences would need a model to download.
    return lambda text: word_tokenize(text, preserve_line=True), PorterStemmer().stem
