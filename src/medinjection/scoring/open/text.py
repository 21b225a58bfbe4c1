"""Text metrics that need no model: BLEU, ROUGE and METEOR, each as the field computes it and as is right for French."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache, partial
from importlib.metadata import version
from types import SimpleNamespace
from typing import Any

import numpy as np

from medinjection.progress import progress_bar
from medinjection.scoring.open.answer_scores import VARIANTS
from medinjection.scoring.open.tokenisers import FrenchTokeniser, french_text

ROUGE_TYPES = ("rouge1", "rouge2", "rougeL")
# What every signature of a French variant says of the texts.
FRENCH = "text:folded|ligatures:kept"
# Texts whose words are kept, once for each way to split them.
_KEPT = 8_192
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


@dataclass(frozen=True, slots=True)
class AnswerBleu:
    """BLEU (0 to 100) of each output alone, and of any of them as one text: what is counted adds up.

    Attributes:
        scores: of each output alone, with the effective order; `signature` is sacrebleu's.
        counts: of each output the n-grams that are in its reference and all that it has, for n from 1 to 4, then its
            length and that of the reference in tokens, shape (outputs, 10).
        corpus_signature: sacrebleu's, of outputs as one text.
    """

    scores: Sequence[float]
    signature: str
    counts: np.ndarray
    corpus_signature: str

    def of_corpus(self, places: Sequence[int]) -> float:
        """Return corpus BLEU (0 to 100) of the outputs at some places."""
        from sacrebleu.metrics.bleu import BLEU, MAX_NGRAM_ORDER

        *ngrams, length, expected = self.counts[list(places)].sum(axis=0).tolist()
        matched, found = ngrams[:MAX_NGRAM_ORDER], ngrams[MAX_NGRAM_ORDER:]
        return float(BLEU.compute_bleu(matched, found, length, expected, smooth_method="exp").score)


def answer_bleu(outputs: Sequence[str], references: Sequence[str], variant: str) -> AnswerBleu:
    """Return the BLEU of outputs; each pair is read once.

    Args:
        variant: as `bleu` takes it.
    """
    metric, read, suffix = _bleu_metric(variant, of_sentences=True)
    pairs = progress_bar(len(outputs), f"BLEU {variant}", "answers", zip(outputs, references, strict=True))
    found = [metric.sentence_score(read(output), [read(reference)]) for output, reference in pairs]
    # The signature is known once something was scored.
    metric.sentence_score("", [""])
    counts = [[*one.counts, *one.totals, one.sys_len, one.ref_len] for one in found]
    return AnswerBleu(
        [one.score for one in found],
        f"{metric.get_signature()}{suffix}",
        np.array(counts, dtype=np.int64),
        bleu([""], [""], variant)[1],
    )


def rouge(outputs: Sequence[str], references: Sequence[str], variant: str) -> dict[str, list[float]]:
    """Return the F1 (0 to 100) of each output by ROUGE-1, ROUGE-2 and ROUGE-L, without stemming.

    Args:
        variant: "default" for rouge_score's tokenizer, which drops accented letters; "fr" for `FrenchTokeniser`.
    """
    from rouge_score.rouge_scorer import RougeScorer
    from rouge_score.scoring import fmeasure

    words = _rouge_words(variant)
    scorer = RougeScorer(["rouge1", "rouge2"], tokenizer=SimpleNamespace(tokenize=words))
    pairs = progress_bar(len(outputs), f"ROUGE {variant}", "answers", zip(outputs, references, strict=True))
    found: dict[str, list[float]] = {metric: [] for metric in ROUGE_TYPES}
    for output, reference in pairs:
        for metric, score in scorer.score(reference, output).items():
            found[metric].append(100 * score.fmeasure)
        # rouge_score's own ROUGE-L fills a table of both lengths in Python: more than all other metrics take.
        said, expected = words(output), words(reference)
        shared = common_subsequence(expected, said)
        found["rougeL"].append(100 * fmeasure(shared / max(len(said), 1), shared / max(len(expected), 1)))
    return found


def common_subsequence(first: Sequence[str], second: Sequence[str]) -> int:
    """Return the length of the longest common subsequence of two lists of words.

    By the bits of a number, one addition a word (Hyyrö 2004, Bit-parallel LCS-length computation revisited).
    """
    places: dict[str, int] = {}
    for place, word in enumerate(first):
        places[word] = places.get(word, 0) | 1 << place
    everything = (1 << len(first)) - 1
    unmatched = everything
    for word in second:
        matched = unmatched & places.get(word, 0)
        unmatched = (unmatched + matched | unmatched - matched) & everything
    return len(first) - unmatched.bit_count()


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
    stemmer = SimpleNamespace(stem=stem)
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
    outputs: Sequence[str], references: Sequence[str], bleus: Mapping[str, AnswerBleu]
) -> dict[tuple[str, str], tuple[Sequence[float], str]]:
    """Return (metric, variant) -> the score (0 to 100) of each output, and what computed it.

    Args:
        bleus: variant -> the BLEU of the same outputs.
    """
    scores: dict[tuple[str, str], tuple[Sequence[float], str]] = {}
    for variant in VARIANTS:
        scores["bleu", variant] = (bleus[variant].scores, bleus[variant].signature)
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


@cache
def _rouge_words(variant: str) -> Callable[[str], list[str]]:
    """Return how a text is split into words; what was split is kept, for models answer the same references."""
    from rouge_score.tokenizers import DefaultTokenizer

    return lru_cache(_KEPT)((FrenchTokeniser() if variant == "fr" else DefaultTokenizer(use_stemmer=False)).tokenize)


@cache
def _meteor_parts(variant: str) -> tuple[Callable[[str], list[str]], Callable[[str], str]]:
    """Return how a text is split into words, and how a word is stemmed; a corpus says few different words."""
    from nltk.stem.porter import PorterStemmer
    from nltk.stem.snowball import SnowballStemmer
    from nltk.tokenize import word_tokenize

    if variant == "fr":
        return _rouge_words("fr"), lru_cache(maxsize=None)(SnowballStemmer("french").stem)
    # Lines are kept: finding sentences would need a model to download.
    split = lru_cache(_KEPT)(partial(word_tokenize, preserve_line=True))
    return split, lru_cache(maxsize=None)(PorterStemmer().stem)
