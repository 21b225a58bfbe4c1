"""The two tables of a human review: which answer is which item, and what each rater said."""

import pyarrow as pa

TRANSLATIONS = "translations"
QUESTIONS = "questions"

# One row per answer that raters are shown, in the order in which they are shown.
SAMPLE_SCHEMA = pa.schema(
    [
        # What raters see instead of model and record: item-001, item-002, ...
        pa.field("item", pa.string(), nullable=False),
        pa.field("record_id", pa.string(), nullable=False),
        pa.field("model", pa.string(), nullable=False),
        pa.field("source", pa.string(), nullable=False),
        # TRANSLATIONS: the question asks for a translation; QUESTIONS: all others.
        pa.field("group", pa.string(), nullable=False),
        # Of the four texts below (`text_hash`).
        pa.field("text_hash", pa.string(), nullable=False),
        # The clinical case or passage; null where there is none.
        pa.field("case", pa.string()),
        pa.field("question", pa.string(), nullable=False),
        pa.field("reference", pa.string(), nullable=False),
        pa.field("answer", pa.string(), nullable=False),
        # Of being drawn; null where all answers of a group were as likely.
        pa.field("probability", pa.float64()),
    ]
)

# One row per rater and rated item, by rater and then in the order of the sample.
RATINGS_SCHEMA = pa.schema(
    [
        pa.field("record_id", pa.string(), nullable=False),
        pa.field("model", pa.string(), nullable=False),
        pa.field("rater", pa.string(), nullable=False),
        # 1: equivalent to the reference answer; 0: not.
        pa.field("rating", pa.int8(), nullable=False),
        # Empty where the rater wrote none.
        pa.field("comment", pa.string(), nullable=False),
        # Whether a program made the rating up, as for the demonstration.
        pa.field("simulated", pa.bool_(), nullable=False),
        # That of the sample.
        pa.field("probability", pa.float64()),
    ]
)

# Columns of a rater's csv that are read; others are left aside.
ITEM, HASH, RATING, COMMENT, SIMULATED = "item", "text_hash", "rating", "comment", "simulated"
# Texts that the csv for spreadsheets shows beside them.
TEXTS = ("case", "question", "reference", "answer")
