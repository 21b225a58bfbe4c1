"""Columns and captions of Tables 5, 6 and 7 of the paper."""

from medinjection.reporting.tables.table import Column, Layout

_HAMMING = (
    "Hamming is the paper's name for the intersection over union of the predicted and the right set of options "
    "(Jaccard)."
)
_TASKS = "MCQ: several options may be right; MCQU: exactly one is. Aggregate: mean of MCQ and MCQU EM."


def _choice_columns(has_sd: bool) -> tuple[Column, ...]:
    scores = (("em", "EM"), ("hamming", "Hamming"))
    decodings = (("greedy", "Greedy"), ("constrained", "Constrained"))
    several = [
        Column(f"mcq_{decoding}_{score}", ("MCQ", upper, name), has_sd)
        for decoding, upper in decodings
        for score, name in scores
    ]
    one = [
        Column(f"{task}_{decoding}_em", (title, upper, "EM"), has_sd)
        for task, title in (("mcqu", "MCQU"), ("aggregate", "Aggregate"))
        for decoding, upper in decodings
    ]
    return (*several, *one)


TABLE_5 = Layout(
    5,
    "Exact match (EM) and Hamming score on choice questions, in percent, options in the published order.",
    _choice_columns(has_sd=False),
    (
        _TASKS,
        _HAMMING,
        "Micro-average over the records of a task. The paper does not say how it averages: table5_macro.csv has the "
        "macro-average over sources.",
    ),
)

TABLE_7 = Layout(
    7,
    "Exact match (EM) and Hamming score on choice questions, in percent, options in random permutations.",
    _choice_columns(has_sd=True),
    (
        _TASKS,
        _HAMMING,
        "Macro-average over sources, mean over the permutations.",
        "±: sample standard deviation of that average across the permutations. For the aggregate it is the root of "
        "half the sum of both squares, as in the paper.",
        "Line “sd across sources”: sample standard deviation across the sources of their means over the permutations, "
        "for the aggregate joined in the same way; the published deviations look like this spread.",
        "Intervals: bootstrap over the records of each source, whose scores are means over the permutations.",
    ),
)

TABLE_6 = Layout(
    6,
    "Open questions: text metrics (0 to 100) and mean score of the LLM judge (0 to 1).",
    (
        Column("bleu", ("OEQ", "BLEU", "")),
        Column("rouge2", ("OEQ", "ROUGE-2", "")),
        Column("meteor", ("OEQ", "METEOR", "")),
        Column("bertscore_f1", ("OEQ", "BERTScore F1", "")),
        Column("llm_judge", ("OEQ", "LLM judge", "mean")),
    ),
    (
        "BLEU of all answers as one text, means over the answers for the rest; the paper does not say how it averages. "
        "Translations of passages are among the answers: table6_groups has them and the questions apart.",
        "ROUGE-2 breaks words at accented letters, METEOR stems English words and knows no synonyms; “French” keeps "
        "words whole, stems French and folds texts that look alike.",
        "BERTScore F1 is rescaled by bert_score's baseline for French, “raw” is not; without its model there is "
        "neither, without a baseline of that model only the raw one.",
        "Judge scores are means over the judgements that could be read; “parsed” is their share.",
        "The published judge is MedGemma-27B.",
    ),
)

LAYOUTS = {layout.number: layout for layout in (TABLE_5, TABLE_6, TABLE_7)}
