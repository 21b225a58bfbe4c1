"""Samples of FrenchMedMCQA, MedMCQA, MORFITT and K-QA: rows in upstream's true form, and each fault in them."""

from support.source_sample import (
    SourceSample,
    odd_texts,
    on_row,
    repeat_first,
    without_key,
    write_json_array,
    write_json_lines,
    write_tsv,
)

ANSWERS = {"a": "Metformine", "b": "Insuline", "c": "Acarbose", "d": "Gliclazide", "e": "Aucune de ces réponses"}
TWELVE_ANSWERS = {letter: f"Réponse {letter}" for letter in "abcdefghijkl"}
NO_OPTIONS = "an open question has no options"
A_DOCUMENT = "a text has neither question nor options"


def frenchmedmcqa_row(number: int) -> dict:
    """Return one row of FrenchMedMCQA."""
    return {
        "id": f"{number:064x}",
        "question": f"Question {number}\xa0: quels sont les biguanides\xa0?",
        "answers": ANSWERS,
        "correct_answers": ["a"],
        "subject_name": "pharmacie",
        "type": "simple",
        "nbr_correct_answers": 1,
    }


def medmcqa_row(number: int) -> dict:
    """Return one row of MedMCQA's original JSON lines."""
    return {
        "question": f"Case {number}: drug that causes lactic acidosis",
        "exp": None,
        "cop": 2,
        "opa": "Insulin",
        "opb": "Metformin",
        "opc": "Glipizide",
        "opd": "Acarbose",
        "subject_name": "Pharmacology",
        "topic_name": None,
        "id": f"45258d3d-b974-44dd-a161-c3fccbdad{number:03d}",
        "choice_type": "single",
    }


def morfitt_row(number: int) -> dict:
    """Return one row of MORFITT."""
    return {
        "identifier": f"hal-0{number}",
        "abstract": f" Essai numéro {number} sur la cirrhose.",
        "specialities": "virology|genetics",
    }


def kqa_row(number: int) -> dict:
    """Return one row of K-QA's answered questions."""
    return {
        "Question": f"Is condition {number} contagious?",
        "Free_form_answer": f"No, condition {number} is not contagious. ",
        "Must_have": ["It is not contagious"],
        "Nice_to_have": [],
        "Sources": "https://example.org",
        "ICD_10_diag": None,
    }


SAMPLES = [
    SourceSample(
        "frenchmedmcqa",
        {"train.json": [frenchmedmcqa_row(i) for i in range(4)], "dev.json": [frenchmedmcqa_row(9)]},
        write_json_array,
        {
            "missing_column": (without_key("correct_answers", 1), "missing key: correct_answers"),
            "wrong_type": (on_row(1, question=3), "question is a whole number, expected a text"),
            "letter_beyond_options": (on_row(1, correct_answers=["f"]), "right answer 'f' is not among the options"),
            "empty_option": (on_row(1, answers={**ANSWERS, "b": " "}), "option B is empty"),
            "one_option": (on_row(1, answers={"a": "Metformine"}), "option B is missing"),
            "twelve_options": (on_row(1, answers=TWELVE_ANSWERS), "unknown option 'f', expected a to e"),
            "duplicate_id": (on_row(1, id=f"{0:064x}"), "^duplicate id$"),
            **odd_texts("question"),
        },
        {"answer_out_of_range": "right answers are letters: see letter_beyond_options"},
    ),
    SourceSample(
        "medmcqa",
        {"train.json": [medmcqa_row(i) for i in range(4)], "dev.json": [medmcqa_row(9)]},
        write_json_lines,
        {
            "missing_column": (without_key("opb", 1), "missing key: opb"),
            "wrong_type": (on_row(1, cop="2"), "cop is a text, expected a whole number"),
            "answer_out_of_range": (on_row(1, cop=5), "cop is 5, expected 1 to 4"),
            "empty_option": (on_row(1, opd=""), "option D is empty"),
            "one_option": (on_row(1, opb=None, opc=None, opd=None), "option B is null"),
            "duplicate_id": (on_row(1, id=medmcqa_row(0)["id"]), "^duplicate id$"),
            **odd_texts("question"),
        },
        {
            "letter_beyond_options": "the right answer is a number: see answer_out_of_range",
            "twelve_options": "the options are four columns",
        },
    ),
    SourceSample(
        "morfitt",
        {"train.tsv": [morfitt_row(i) for i in range(4)], "dev.tsv": [morfitt_row(9)]},
        write_tsv,
        {
            "missing_column": (without_key("abstract"), r"train.tsv: missing column\(s\) abstract; found identifier"),
            "duplicate_id": (on_row(1, identifier="hal-00"), "^duplicate id$"),
            **odd_texts("abstract"),
        },
        {
            "wrong_type": "every field of a TSV is a text",
            "answer_out_of_range": A_DOCUMENT,
            "letter_beyond_options": A_DOCUMENT,
            "empty_option": A_DOCUMENT,
            "one_option": A_DOCUMENT,
            "twelve_options": A_DOCUMENT,
        },
    ),
    SourceSample(
        "kqa",
        {"questions_w_answers.jsonl": [kqa_row(i) for i in range(4)]},
        write_json_lines,
        {
            "missing_column": (without_key("Free_form_answer", 1), "missing key: Free_form_answer"),
            "wrong_type": (on_row(1, Question=["Why?"]), "Question is a list, expected a text"),
            "duplicate_id": (repeat_first, "duplicate of a row with the same id"),
            **odd_texts("Free_form_answer"),
        },
        {
            "answer_out_of_range": NO_OPTIONS,
            "letter_beyond_options": NO_OPTIONS,
            "empty_option": NO_OPTIONS,
            "one_option": NO_OPTIONS,
            "twelve_options": NO_OPTIONS,
        },
    ),
]
