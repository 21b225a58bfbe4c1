"""Samples of what models are only evaluated on: MMMLU and MedExpQA in French, as upstream's programs describe them."""

from support.samples_translated import TWELVE, each_row, write_inside
from support.source_sample import (
    SourceSample,
    odd_texts,
    on_row,
    repeat_first,
    without_key,
    write_csv,
    write_json_lines,
)

MMMLU = "test/mmlu_FR-FR.csv"
MEDEXPQA = "data/fr/test.fr.casimedicos.rag.jsonl"


def mmmlu_row(number: int, **changes: object) -> dict:
    """Return one row of MMMLU's French file."""
    row = {
        "": str(number),
        "Question": f"Question {number}\xa0: combien de paires de côtes un adulte a-t-il habituellement\xa0?",
        "A": "10",
        "B": "11",
        "C": "12",
        "D": "13",
        "Answer": "C",
        "Subject": "anatomy",
    }
    return {**row, **changes}


def medexpqa_row(number: int, **changes: object) -> dict:
    """Return one row of MedExpQA's French files, without what is not read."""
    row = {
        "id": f"id-{number}",
        "full_question": f"Une femme, cas {number}, a une anémie microcytaire. Quelle en est la cause probable\xa0?",
        "options": by_number(["Carence en fer", "Carence en folates", "Hémolyse", "Aplasie", None]),
        "correct_option": 1,
        "type": "HÉMATOLOGIE",
        "lang": "fr",
        "year": 2016,
    }
    return {**row, **changes}


def by_number(options: list) -> dict:
    """Return options by their number from 1, as text."""
    return {str(number): option for number, option in enumerate(options, start=1)}


SAMPLES = [
    SourceSample(
        "mmmlu_fr",
        {MMMLU: [mmmlu_row(i) for i in range(4)]},
        write_inside(write_csv),
        {
            "missing_column": (without_key("Subject"), "missing column.s. Subject"),
            "letter_beyond_options": (on_row(1, Answer="E"), "Answer is 'E', expected a letter of the 4 options"),
            "empty_option": (on_row(1, B=" "), "option B is empty"),
            "duplicate_id": (repeat_first, "duplicate of a row with the same id"),
            **odd_texts("Question"),
        },
        {
            "wrong_type": "each cell of a CSV file is a text",
            "answer_out_of_range": "the right answer is a letter: see letter_beyond_options",
            "one_option": "four columns are options: fewer are a missing column",
            "twelve_options": "four columns are options: more cells are a row of another length",
        },
    ),
    SourceSample(
        "medexpqa_fr",
        {MEDEXPQA: [medexpqa_row(i) for i in range(4)]},
        write_inside(write_json_lines),
        {
            "missing_column": (without_key("options"), "no row has the key.s. options"),
            "wrong_type": (each_row(options=["Carence en fer"]), "options is a list, expected an object of options"),
            "answer_out_of_range": (on_row(1, correct_option=5), "correct_option is 5, expected 1 to 4, the options"),
            "empty_option": (
                on_row(1, options=by_number(["Carence en fer", "", "Hémolyse", "Aplasie"])),
                "option B is empty",
            ),
            "one_option": (on_row(1, options=by_number(["Carence en fer"])), "1 options, expected 2"),
            "twelve_options": (on_row(1, options=by_number(TWELVE)), "options has '10', expected the numbers 1 to 5"),
            "duplicate_id": (on_row(1, id="id-0"), "duplicate id"),
            **odd_texts("full_question"),
        },
        {"letter_beyond_options": "the right answer is a number: see answer_out_of_range"},
    ),
]
