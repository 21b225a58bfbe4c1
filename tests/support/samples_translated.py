"""Samples of the English sources: rows in upstream's true form, and each fault as their formats can hold it."""

import json
from collections.abc import Callable
from pathlib import Path

from medinjection.records.schema import LETTERS
from support.source_sample import SourceSample, on_row, without_key, write_csv, write_json_lines, write_parquet

LONG = "The patient was seen again. " * 7500
TWELVE = [f"option {i}" for i in range(12)]


def letters(options: list[str]) -> dict[str, str]:
    """Return options by letter, the form of MedQA and MedXpertQA."""
    return dict(zip(LETTERS, options, strict=False))


def listed(stem: str, options: list[str]) -> str:
    """Return a question of MedXpertQA, which repeats the options."""
    return f"{stem}\nAnswer Choices: " + " ".join(f"({LETTERS[i]}) {option}" for i, option in enumerate(options))


def odd_texts(key: str) -> dict[str, tuple[Callable[[list], None], str]]:
    """Return the faults that are texts to be kept as they are, in the field `key` of the second row."""
    return {
        "long_context": (on_row(1, **{key: LONG}), ""),
        "no_break_space": (on_row(1, **{key: "A dose of 5\xa0mg\u202fa day\xa0?"}), ""),
        "combining_accents": (on_row(1, **{key: "Me\u0301nie\u0300re disease"}), ""),
        "mojibake": (on_row(1, **{key: "BehÃ§et disease, 380 Âµmol/l"}), ""),
        "html": (on_row(1, **{key: "<b>p</b> &lt; 0.05"}), ""),
    }


def medqa_row(number: int, **changes: object) -> dict:
    """Return one row of MedQA with four options."""
    row = {
        "question": f"Case {number}: which vitamin prevents scurvy?",
        "answer": "Vitamin C",
        "options": letters(["Vitamin A", "Vitamin B12", "Vitamin C", "Vitamin K"]),
        "meta_info": "step1",
        "answer_idx": "C",
        "metamap_phrases": ["vitamin", "scurvy"],
    }
    return {**row, **changes}


def pubmed_row(number: int, **changes: object) -> dict:
    """Return one member of ori_pqal.json, its key under PMID."""
    row = {
        "PMID": f"1641893{number}",
        "QUESTION": f"Does treatment {number} lower blood pressure?",
        "CONTEXTS": ["Blood pressure was measured.", "It fell by 10 mm Hg (p\u202f<\u202f0.01)."],
        "LABELS": ["METHODS", "RESULTS"],
        "MESHES": ["Humans"],
        "YEAR": None,
        "reasoning_required_pred": "no",
        "reasoning_free_pred": "yes",
        "final_decision": "yes",
        "LONG_ANSWER": "The treatment lowers blood pressure.",
    }
    return {**row, **changes}


def pubmed_hub_row(number: int, **changes: object) -> dict:
    """Return one row of the hub's parquet, with the content of `pubmed_row`."""
    row = pubmed_row(number)
    hub = {
        "pubid": int(row["PMID"]),
        "question": row["QUESTION"],
        "context": {"contexts": row["CONTEXTS"], "labels": row["LABELS"], "meshes": row["MESHES"]},
        "long_answer": row["LONG_ANSWER"],
        "final_decision": row["final_decision"],
    }
    return {**hub, **changes}


def mmlu_row(number: int, **changes: object) -> dict:
    """Return one row of the hub's parquet of MMLU."""
    row = {
        "question": f"Question {number}: how many pairs of ribs\ndoes an adult usually have?",
        "subject": "anatomy",
        "choices": ["10", "11", "12", "13"],
        "answer": 2,
    }
    return {**row, **changes}


def mmlu_line(number: int) -> list[str]:
    """Return the row of the authors' CSV file with the content of `mmlu_row`."""
    row = mmlu_row(number)
    return [row["question"], *row["choices"], "ABCD"[row["answer"]]]


def mmlu_pro_row(number: int, **changes: object) -> dict:
    """Return one row of MMLU-Pro."""
    row = {
        "question_id": 6000 + number,
        "question": f"Question {number}: which hormone lowers blood glucose?",
        "options": ["Glucagon", "Cortisol", "Insulin"],
        "answer": "C",
        "answer_index": 2,
        "cot_content": "",
        "category": "health",
        "src": "ori_mmlu-nutrition",
    }
    return {**row, **changes}


def medxpert_row(number: int, stem: str | None = None, options: list[str] | None = None, **changes: object) -> dict:
    """Return one row of MedXpertQA's hub layout; the question lists the options."""
    options = options or [f"{dose} Gy" for dose in range(50, 60)]
    row = {
        "id": f"Text-{number}",
        "question": listed(stem or f"Case {number}: which dose is recommended?", options),
        "options": letters(options),
        "label": "J",
        "medical_task": "Treatment",
        "body_system": "Nervous",
        "question_type": "Reasoning",
    }
    return {**row, **changes}


def write_pubmedqa(path: Path, rows: list) -> None:
    """Write ori_pqal.json as upstream does, one object, in which a key may come twice; other files as parquet."""
    if path.suffix == ".parquet":
        path.parent.mkdir(parents=True, exist_ok=True)
        write_parquet(path, rows)
        return
    members = [
        f"{json.dumps(row['PMID'])}: {json.dumps({k: v for k, v in row.items() if k != 'PMID'}, ensure_ascii=False)}"
        for row in rows
    ]
    path.write_text("{" + ",\n".join(members) + "}", encoding="utf-8")


def write_inside(write: Callable[[Path, list], None]) -> Callable[[Path, list], None]:
    """Return `write` for files in a subfolder, which is made."""

    def write_file(path: Path, rows: list) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        write(path, rows)

    return write_file


def cell(row: int, column: int, value: str) -> Callable[[list], None]:
    """Return what sets one cell of a CSV file."""

    def spoil(rows: list) -> None:
        rows[row][column] = value

    return spoil


def each_row(**changes: object) -> Callable[[list], None]:
    """Return what sets the fields of all rows: a parquet column has one type."""

    def spoil(rows: list) -> None:
        rows[:] = [{**row, **changes} for row in rows]

    return spoil


def _without_last_cell(rows: list) -> None:
    for row in rows:
        del row[-1]


def _repeat_first(rows: list) -> None:
    rows[1] = rows[0]


MADE_OPTIONS = "upstream has no options: the reader makes three of yes, no and maybe"

SAMPLES = [
    SourceSample(
        "medqa",
        {"phrases_no_exclude_test.jsonl": [medqa_row(i) for i in range(4)]},
        write_json_lines,
        {
            "missing_column": (without_key("answer_idx"), "no row has the key.s. answer_idx"),
            "wrong_type": (on_row(1, options=["Vitamin A"]), "options is a list, expected an object"),
            "letter_beyond_options": (
                on_row(1, answer_idx="E"),
                "answer_idx is 'E', expected a letter of the 4 options",
            ),
            "empty_option": (
                on_row(1, options=letters(["Vitamin A", " ", "Vitamin C", "Vitamin K"])),
                "option B is empty",
            ),
            "one_option": (on_row(1, options={"A": "Vitamin C"}, answer_idx="A"), "1 options, expected 2"),
            "twelve_options": (on_row(1, options=letters(TWELVE), answer_idx="L", answer="option 11"), ""),
            "duplicate_id": (_repeat_first, "duplicate of a row with the same id"),
            **odd_texts("question"),
        },
        {"answer_out_of_range": "the right answer is a letter: see letter_beyond_options"},
    ),
    SourceSample(
        "pubmedqa",
        {
            "ori_pqal.json": [pubmed_row(i) for i in range(4)],
            "pqa_artificial/train-00000-of-00001.parquet": [pubmed_hub_row(i) for i in range(4, 8)],
        },
        write_pubmedqa,
        {
            "missing_column": (without_key("final_decision"), "no row has the key.s. final_decision"),
            "wrong_type": (on_row(1, CONTEXTS="Blood pressure was measured."), "CONTEXTS is a text, expected the sec"),
            "answer_out_of_range": (on_row(1, final_decision="unsure"), "final_decision is 'unsure', expected yes"),
            "duplicate_id": (on_row(1, PMID="16418930"), "duplicate id"),
            **odd_texts("QUESTION"),
            "long_context": (on_row(1, CONTEXTS=[LONG, LONG]), ""),
        },
        {
            "letter_beyond_options": "the right answer is a word: see answer_out_of_range",
            "empty_option": MADE_OPTIONS,
            "one_option": MADE_OPTIONS,
            "twelve_options": MADE_OPTIONS,
        },
    ),
    SourceSample(
        "mmlu",
        {"anatomy/test-00000-of-00001.parquet": [mmlu_row(i) for i in range(4)]},
        write_inside(write_parquet),
        {
            "missing_column": (without_key("choices"), "missing column.s. choices"),
            "wrong_type": (each_row(answer="C"), "answer is a text, expected a number from 0 to 3"),
            "answer_out_of_range": (on_row(1, answer=5), "answer is 5, expected a number from 0 to 3"),
            "empty_option": (on_row(1, choices=["10", "", "12", "13"]), "option B is empty"),
            "one_option": (on_row(1, choices=["12"]), "found 1 options, expected 4"),
            "twelve_options": (on_row(1, choices=TWELVE), "found 12 options, expected 4"),
            "duplicate_id": (_repeat_first, "duplicate of a row with the same id"),
            **odd_texts("question"),
        },
        {"letter_beyond_options": "the right answer is a number: see answer_out_of_range"},
    ),
    SourceSample(
        "mmlu",
        {
            "test/anatomy_test.csv": [mmlu_line(i) for i in range(4)],
            "dev/anatomy_dev.csv": [mmlu_line(i) for i in range(4, 8)],
        },
        write_inside(write_csv),
        {
            "missing_column": (_without_last_cell, "no row has the 6 fields expected: question, A, B, C, D, answer"),
            "letter_beyond_options": (cell(1, 5, "E"), "answer is 'E', expected a letter of the 4 options"),
            "empty_option": (cell(1, 2, " "), "option B is empty"),
            "duplicate_id": (_repeat_first, "duplicate of a row with the same id"),
            "long_context": (cell(1, 0, LONG), ""),
            "no_break_space": (cell(1, 0, "A dose of 5\xa0mg?"), ""),
            "combining_accents": (cell(1, 0, "Me\u0301nie\u0300re disease"), ""),
            "mojibake": (cell(1, 0, "BehÃ§et disease"), ""),
            "html": (cell(1, 0, '<b class="x">p</b> &lt; 0.05'), ""),
        },
        {
            "wrong_type": "each cell of a CSV file is a text",
            "answer_out_of_range": "the right answer is a letter: see letter_beyond_options",
            "one_option": "four columns are options: fewer are a missing column",
            "twelve_options": "four columns are options: more cells are a row of another length",
        },
    ),
    SourceSample(
        "mmlu_pro",
        {"test-00000-of-00001.parquet": [mmlu_pro_row(i) for i in range(4)]},
        write_parquet,
        {
            "missing_column": (without_key("category"), "missing column.s. category"),
            "wrong_type": (each_row(answer_index="2"), "answer and answer_index name different options"),
            "answer_out_of_range": (on_row(1, answer_index=3), "answer and answer_index name different options"),
            "letter_beyond_options": (on_row(1, answer="D"), "answer is 'D', expected a letter of the 3 options"),
            "empty_option": (on_row(1, options=["Glucagon", "", "Insulin"]), "option B is empty"),
            "one_option": (on_row(1, options=["Insulin"]), "1 options, expected 2"),
            "twelve_options": (on_row(1, options=TWELVE, answer="L", answer_index=11), ""),
            "duplicate_id": (on_row(1, question_id=6000), "duplicate id"),
            **odd_texts("question"),
        },
        {},
    ),
    SourceSample(
        "medxpertqa",
        {
            "Text/test.jsonl": [medxpert_row(i) for i in range(4)],
            "Text/dev.jsonl": [medxpert_row(i) for i in range(4, 8)],
        },
        write_inside(write_json_lines),
        {
            "missing_column": (without_key("label"), "no row has the key.s. label"),
            "wrong_type": (on_row(1, label=["J"]), "label is a list, expected a text"),
            "letter_beyond_options": (on_row(1, label="K"), "label is 'K', expected a letter of the 10 options"),
            "empty_option": (on_row(1, options=letters(["50 Gy", "", "52 Gy"])), "option B is empty"),
            "one_option": (on_row(1, **medxpert_row(1, options=["5 Gy"], label="A")), "1 options, expected 2"),
            "twelve_options": (on_row(1, **medxpert_row(1, options=TWELVE, label="L")), ""),
            "long_context": (on_row(1, **medxpert_row(1, stem=LONG)), ""),
            "no_break_space": (on_row(1, **medxpert_row(1, stem="A dose of 5\xa0mg?")), ""),
            "combining_accents": (on_row(1, **medxpert_row(1, options=["Me\u0301nie\u0300re", "no"], label="A")), ""),
            "mojibake": (on_row(1, **medxpert_row(1, stem="BehÃ§et disease?")), ""),
            "html": (on_row(1, **medxpert_row(1, options=["<b>p</b> &lt; 0.05", "no"], label="A")), ""),
            "duplicate_id": (on_row(1, id="Text-0"), "duplicate id"),
        },
        {"answer_out_of_range": "the right answer is a letter: see letter_beyond_options"},
    ),
]
