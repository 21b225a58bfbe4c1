"""Samples of translation pairs, clinical cases and the released dataset, with the faults their formats can hold."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from support.medline import article_set, both
from support.source_sample import SourceSample, on_row, without_key, write_json_array, write_parquet

LONG = "Le patient est revu en consultation. " * 5500
ODD_TEXTS = {
    "no_break_space": "Une dose de 5\xa0mg\u202fpar jour\xa0?",
    "combining_accents": "Maladie de Me\u0301nie\u0300re",
    "mojibake": "Maladie de BehÃ§et, 380 Âµmol/l",
    "html": "<b>p</b> &lt; 0,05 chez les malades",
}
CHOICE_FAULTS = ("answer_out_of_range", "letter_beyond_options", "empty_option", "one_option", "twelve_options")
NO_CHOICES = dict.fromkeys(CHOICE_FAULTS, "these texts have no options")

Spoil = Callable[[list], None]


def write_lines(path: Path, rows: list) -> None:
    """Write `rows` as lines."""
    path.write_text("".join(f"{row}\n" for row in rows), encoding="utf-8")


def write_text(path: Path, rows: list) -> None:
    """Write the single row as the file's content; rows of fields as lines with TABs."""
    texts = ["\t".join(row) + "\n" if isinstance(row, list) else row for row in rows]
    path.write_text("".join(texts), encoding="utf-8")


def write_json_object(path: Path, rows: list) -> None:
    """Write the single row as one JSON object."""
    path.write_text(json.dumps(rows[0], ensure_ascii=False), encoding="utf-8")


def set_row(index: int, value: object) -> Spoil:
    """Return what replaces one row."""

    def spoil(rows: list) -> None:
        rows[index] = value

    return spoil


def drop_row(rows: list) -> None:
    """Take the last row away."""
    rows.pop()


def odd_fields(key: str, index: int) -> dict[str, tuple[Spoil, str]]:
    """Return the faults that are texts to be kept as they are, in the field `key`."""
    texts = {**ODD_TEXTS, "long_context": LONG}
    return {fault: (on_row(index, **{key: text}), "") for fault, text in texts.items()}


WMT = SourceSample(
    source="wmt_biomedical",
    files={
        "medline18_en2fr.en": [
            "Aspirin lowers fever.",
            "The heart was examined today.",
            "No drug was given to anyone.",
        ],
        "medline18_en2fr.fr": ["L'aspirine fait baisser la fièvre.", "Le cœur a été examiné.", "Aucun médicament."],
    },
    write=write_lines,
    faults={
        "missing_column": (drop_row, r"has 2 lines and medline18_en2fr.fr has 3"),
        "long_context": (set_row(1, LONG), "misaligned"),
        **{fault: (set_row(1, text), "") for fault, text in ODD_TEXTS.items()},
    },
    impossible={
        **NO_CHOICES,
        "wrong_type": "every line is a text",
        "duplicate_id": "the number of the line is the id",
    },
)


def write_passages(path: Path, rows: list) -> None:
    """Write a list of PMIDs as lines, or rows of (pmid, English, French) as PubMed's XML."""
    if path.suffix == ".txt":
        return write_lines(path, rows)
    articles = []
    for row in rows:
        article = both(row["pmid"], row["English"], row.get("French", ""))
        articles.append(article if "French" in row else replace(article, others=()))
    path.write_bytes(article_set(articles))
    return None


WMT_PASSAGES = SourceSample(
    source="wmt_biomedical",
    files={
        "pubmed/0001.xml": [
            {"pmid": "970000001", "English": "Aspirin lowers fever.", "French": "L'aspirine fait baisser la fièvre."},
            {"pmid": "970000002", "English": "Drink 5 mg a day?", "French": "Faut-il en boire 5 mg par jour ?"},
            {"pmid": "970000003", "English": "No drug was given.", "French": "Aucun médicament n'a été donné."},
        ],
        "train22_eng_fre.txt": ["970000001", "970000002", "970000003"],
        "blacklist_test_sets.txt": ["970000009"],
    },
    write=write_passages,
    faults={
        "missing_column": (without_key("French", 1), r"not sampled \(no French abstract\)"),
        "long_context": (on_row(1, English="The patient is seen again. " * 7500, French=LONG), ""),
        **{fault: (on_row(1, French=text), "") for fault, text in ODD_TEXTS.items()},
    },
    impossible={
        **NO_CHOICES,
        "wrong_type": "an abstract is a text",
        "duplicate_id": "rows are the lines of the list; a citation that comes twice is set aside beside them",
    },
)

DEFT = SourceSample(
    source="deft2021",
    files={
        "DEFT-cas-cliniques/filepdf-1.txt": ["Un homme de 40 ans consulte pour une toux."],
        "DEFT-cas-cliniques/filepdf-2.txt": ["Une femme de 60 ans présente une dyspnée.\n"],
        "DEFT-cas-cliniques/filepdf-3-cas.txt": ["Un enfant de 5 ans a de la fièvre."],
        "distribution-corpus.txt": [
            ["filepdf-1.txt", "train 2019", "", "train 2021"],
            ["filepdf-2.txt", "", "", "test 2021"],
            ["filepdf-3-cas.txt", "", "", "train 2021"],
        ],
        "evaluations/ref-train-deft2021.txt": [
            ["filepdf-1.ann", "respiratoire", "toux"],
            ["filepdf-1.ann", "homme", "homme"],
            ["filepdf-1.ann", "respiratoire", "toux"],
        ],
    },
    write=write_text,
    faults={fault: (set_row(0, text), "") for fault, text in {**ODD_TEXTS, "long_context": LONG}.items()},
    impossible={
        **NO_CHOICES,
        "missing_column": "a case is a text without columns",
        "wrong_type": "a case is a text",
        "duplicate_id": "the name of the file is the id",
        "truncated_file": "a text that is cut short is a shorter text",
    },
)


def diamed_row(number: int, **changes: object) -> dict:
    """Return one row of DiaMED's splits/*.json."""
    row = {
        "identifier": f"case-{number}",
        "title": f"Un cas de pneumopathie ({number})",
        "clinical_case": f"Cas {number}: une patiente de 50 ans consulte pour une toux fébrile.",
        "topic": "Pneumologie",
        "keywords": ["toux"],
        "domain": ["pneumologie"],
        "collected_at": "2023-05-01",
        "published_at": "2016-01-01",
        "source_url": "https://example.org/case",
        "source_name": "Journal",
        "license": "CC BY",
        "figures": [],
        "local_figures": [],
        "icd-10": "J00-J99  Diseases of the respiratory system",
    }
    return {**row, **changes}


DIAMED = SourceSample(
    source="diamed",
    files={
        "splits/train.json": [diamed_row(1), diamed_row(2), diamed_row(3)],
        "splits/test.json": [diamed_row(4)],
    },
    write=write_json_array,
    faults={
        "missing_column": (without_key("clinical_case"), r"no row has the key\(s\) clinical_case"),
        "wrong_type": (on_row(1, clinical_case=12), "clinical_case is a whole number, expected a text"),
        "duplicate_id": (on_row(1, identifier="case-1"), "duplicate id"),
        **odd_fields("clinical_case", 1),
    },
    impossible=NO_CHOICES,
)


def e3c_case(number: int, **changes: object) -> dict:
    """Return one file of E3C."""
    case = {
        "authors": [{"author": "A. B."}],
        "doi": "",
        "publication_date": "2016-02-03",
        "id": f"FR10000{number}",
        "url": "https://example.org",
        "source": "The Pan African medical journal",
        "source_url": "https://www.panafrican-med-journal.com/",
        "licence": "CC BY",
        "language": "fr",
        "type": "journal",
        "description": "",
        "text": f"Observation {number}: un homme de 55 ans a consulté pour une masse cervicale.",
    }
    return {**case, **changes}


E3C = SourceSample(
    source="e3c",
    files={
        "layer1/FR100001.json": [e3c_case(1)],
        "layer1/FR100002.json": [e3c_case(2)],
        "layer2/FR100003.json": [e3c_case(3)],
    },
    write=write_json_object,
    faults={
        "missing_column": (without_key("text"), "missing key: text"),
        "wrong_type": (on_row(0, text=["Un homme"]), "text is a list, expected a text"),
        "duplicate_id": (on_row(0, id="FR100002"), "duplicate id"),
        **odd_fields("text", 0),
    },
    impossible=NO_CHOICES,
)

OPTIONS = ("Vitamine A", "Vitamine B12", "Vitamine C", "Vitamine K")


def prompt(stem: str, options: tuple[str, ...] = OPTIONS, line: str = "Une seule réponse est correcte.") -> str:
    """Return the authors' evaluation prompt."""
    shown = "\n".join(f"({letter}) {text}" for letter, text in zip("ABCDEFGHIJKL", options, strict=False))
    return f"{stem}\n{line}\nChoix de réponses :\n{shown}"


def messages_row(content: str, answer: object = "C") -> dict:
    """Return one row with messages, as the evaluation program reads it."""
    return {"messages": [{"role": "user", "content": content}], "answer": answer}


def instruction_row(number: int, **changes: object) -> dict:
    """Return one row with the columns of the hub's combined table."""
    row = {
        "instruction": prompt(f"Question {number}: quelle vitamine prévient le scorbut ?"),
        "context": "",
        "answer": "C",
        "type": "MCQU",
        "origin": "Translated",
    }
    return {**row, **changes}


NO_IDS = {"duplicate_id": "the release has no ids"}
RELEASED_NATIVE = SourceSample(
    source="released_native",
    files={
        "Train/mcqu/mcqu_train.json": [messages_row(prompt(f"Question {number} ?")) for number in range(3)],
        "Train/oeq/oeq_train.json": [messages_row("Que traite l'aspirine ?", "La fièvre.")],
    },
    write=write_json_array,
    faults={
        "missing_column": (without_key("messages"), r"no row makes a record .*found the key\(s\) answer in the first"),
        "wrong_type": (on_row(1, messages="Quelle vitamine ?"), "messages is a text, expected a list"),
        "answer_out_of_range": (on_row(1, answer=7), "answer is a whole number, expected a text"),
        "letter_beyond_options": (on_row(1, answer="E"), "the answer E is beyond the 4 options"),
        "empty_option": (set_row(1, messages_row(prompt("Laquelle ?", ("a", "", "c")))), "option B is empty"),
        "one_option": (set_row(1, messages_row(prompt("Laquelle ?", ("a",)), "A")), "1 options, expected 2"),
        "twelve_options": (
            set_row(1, messages_row(prompt("Laquelle ?", tuple(f"choix {number}" for number in range(12))), "L")),
            "",
        ),
        **{
            fault: (set_row(1, messages_row(prompt(text))), "")
            for fault, text in {**ODD_TEXTS, "long_context": LONG}.items()
        },
    },
    impossible=NO_IDS,
)

# Faults of rows of instruction, context and answer, in whichever file they stand.
INSTRUCTION_FAULTS = {
    "answer_out_of_range": (on_row(1, answer="5"), "is not letters such as 'A, C'"),
    "letter_beyond_options": (on_row(1, answer="F"), "the answer F is beyond the 4 options"),
    "empty_option": (on_row(1, instruction=prompt("Laquelle ?", ("a", "b", " "))), "option C is empty"),
    "one_option": (on_row(1, instruction=prompt("Laquelle ?", ("a",)), answer="A"), "1 options, expected 2"),
    "twelve_options": (
        on_row(1, instruction=prompt("Laquelle ?", tuple(f"choix {number}" for number in range(12)))),
        "",
    ),
    **odd_fields("context", 1),
}

RELEASED_TRANSLATED = SourceSample(
    source="released_translated",
    files={"Train/mcqu/mcqu_train.json": [instruction_row(number) for number in range(3)]},
    write=write_json_array,
    faults={
        "missing_column": (without_key("instruction"), "no row makes a record .*found the key.*context, answer, type"),
        "wrong_type": (on_row(1, instruction=None), "instruction is null, expected a text"),
        **INSTRUCTION_FAULTS,
    },
    impossible=NO_IDS,
)

RELEASED_ALL = SourceSample(
    source="released_all",
    files={
        "data/train-00000-of-00002.parquet": [instruction_row(number) for number in range(3)],
        "data/test-00000-of-00001.parquet": [instruction_row(9)],
    },
    write=write_parquet,
    faults={
        "missing_column": (
            without_key("origin"),
            r"missing column\(s\) origin; found .*, expected instruction",
        ),
        "wrong_type": (
            lambda rows: rows.__setitem__(slice(None), [{**row, "answer": 2} for row in rows]),
            "answer is a whole number, expected a text",
        ),
        **INSTRUCTION_FAULTS,
    },
    impossible=NO_IDS,
)

RELEASED_SYNTHETIC = SourceSample(
    source="released_synthetic",
    files={
        "Train/mcq/mcq_training.json": [
            [{"role": "user", "content": prompt(f"Question {number} ?")}, {"role": "assistant", "content": "B, C"}]
            for number in range(3)
        ]
    },
    write=write_json_array,
    faults={
        "missing_column": (
            set_row(1, [{"role": "user", "content": prompt("Laquelle ?")}]),
            "neither a key answer nor a message of the assistant",
        ),
        "wrong_type": (set_row(1, ["Laquelle ?", "B"]), "messages is a list, expected a list of objects"),
        "letter_beyond_options": (
            set_row(1, [{"role": "user", "content": prompt("Q ?")}, {"role": "assistant", "content": "B, E"}]),
            "the answer E is beyond the 4 options",
        ),
        **{
            fault: (
                set_row(1, [{"role": "user", "content": prompt(text)}, {"role": "assistant", "content": "A"}]),
                "",
            )
            for fault, text in {**ODD_TEXTS, "long_context": LONG}.items()
        },
    },
    impossible={
        **NO_IDS,
        "answer_out_of_range": "answers are letters: see letter_beyond_options",
        **dict.fromkeys(("empty_option", "one_option", "twelve_options"), "as for released_native: one reader"),
    },
)

SAMPLES = [WMT, WMT_PASSAGES, DEFT, DIAMED, E3C, RELEASED_NATIVE, RELEASED_TRANSLATED, RELEASED_ALL, RELEASED_SYNTHETIC]
