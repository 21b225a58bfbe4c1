"""Samples of S-Editions, MediQAl, the two sets by mlabonne and FrBMedQA: rows in the form that their readers expect."""

from collections.abc import Sequence

from medinjection.records.schema import LETTERS
from support.source_sample import (
    ODD_TEXTS,
    SourceSample,
    odd_texts,
    on_row,
    repeat_first,
    without_key,
    write_json_array,
    write_parquet,
)

CASES_TRAIN = "train-00000-of-00001-95befffa2ad0de83.parquet"
CASES_EVAL = "eval-00000-of-00001-88aa58dbc808daf0.parquet"
MQCA_TRAIN = "train-00000-of-00001-c5bd7ea659fead86.parquet"
MQCA_EVAL = "eval-00000-of-00001-d1de03c97cd4310e.parquet"

OPTIONS = ["Ramipril", "Losartan", "Énalapril", "Bisoprolol"]
EXAM_OPTIONS = ("Bisoprolol", "Ramipril", "Aténolol", "Losartan", "Amlodipine")
FIVE_COLUMNS = "the options are five columns"
LETTERS_ONLY = "right answers are letters: see letter_beyond_options"
NO_OPTIONS = "a closed question has no options: see answer_out_of_range"


def s_editions_row(number: int, **changes: object) -> dict:
    """Return one row of the local format of S-Editions."""
    row = {
        "id": f"s{number}",
        "question": f"Question {number}\xa0: quels sont les inhibiteurs de l'enzyme de conversion\xa0?",
        "context": f"Une patiente suivie pour hypertension, cas {number}.",
        "options": OPTIONS,
        "correct": ["A", "C"],
        "specialty": "Cardiologie",
    }
    return {**row, **changes}


def mediqal_row(number: int, **changes: object) -> dict:
    """Return one row of MediQAl's mcqu and mcqm."""
    row = {
        "id": str(number),
        "clinical_case": None,
        "question": f"Question {number}\xa0: l'embolie graisseuse peut être la conséquence\xa0:",
        "answer_a": "D'une fièvre typhoïde",
        "answer_b": "D'une maladie des caissons",
        "answer_c": "D'une hypercholestérolémie",
        "answer_d": "D'une intervention de chirurgie orthopédique",
        "answer_e": "D'une fracture",
        "correct_answers": "D,E",
        "task": "QCM",
        "medical_subject": "Pathological Anatomy",
        "question_type": "Understanding",
    }
    return {**row, **changes}


def mediqal_open_row(number: int, **changes: object) -> dict:
    """Return one row of MediQAl's oeq."""
    row = {
        "id": str(number),
        "clinical_case": "Un nourrisson de 3 mois est hospitalisé pour insuffisance cardiaque.",
        "cc_question_number": str(number),
        "question": f"Question {number}\xa0: quel examen demandez-vous\xa0?",
        "answer": "Une échographie cardiaque",
        "medical_subject": "Pediatric Cardiology",
        "question_type": "Reasoning",
    }
    return {**row, **changes}


def exam_row(number: int, **changes: object) -> dict:
    """Return one row with the seven columns of medical-cases-fr, in one of the forms that its reader knows."""
    row = {
        "Specialite": "Cardiologie",
        "Serie": 1,
        "Question": number,
        "N_Question": 9,
        "Answer": "AC",
        "instruction": exam_instruction(f"Question {number}\xa0: lesquels sont des bêtabloquants\xa0?"),
        "output": "A. Bisoprolol\nC. Aténolol",
    }
    return {**row, **changes}


def exam_instruction(question: str, options: Sequence[str] = EXAM_OPTIONS) -> str:
    """Return a question with its options."""
    return "\n".join([question, *(f"{letter}. {text}" for letter, text in zip(LETTERS, options, strict=False))])


def frbmedqa_row(number: int, **changes: object) -> dict:
    """Return one row of FrBMedQA."""
    row = {
        "passage": f"Le @entity1 sécrète l'@entity12. Un défaut d'@entity12 cause le diabète de type {number}",
        "question": "Le @placeholder est une glande qui participe aussi à la digestion, comme le @entity7",
        "entities_list": [
            {"@entity1": "Pancréas", "semantic_groups": ["ANAT"]},
            {"@entity12": "Insuline", "semantic_groups": ["CHEM", "PHYS"]},
            {"@entity7": "Foie"},
        ],
        "answer": "@entity1",
    }
    return {**row, **changes}


EXAM_FAULTS = {
    "missing_column": (
        without_key("output"),
        r"missing column\(s\) output; found .*, expected Specialite, Serie, Question",
    ),
    "wrong_type": (
        lambda rows: rows.__setitem__(slice(None), [{**row, "Answer": 3} for row in rows]),
        "no row makes a record .Answer is a whole number, expected a text: 4 of 4.",
    ),
    "letter_beyond_options": (on_row(1, Answer="AF", output=None), "Answer names F, which is beyond the 5 options"),
    "empty_option": (on_row(1, instruction=exam_instruction("?", ["Bisoprolol", "", "Aténolol"])), "option B is empty"),
    "one_option": (on_row(1, instruction=exam_instruction("?", ["Bisoprolol"])), "no options on lines such as"),
    "twelve_options": (
        on_row(1, instruction=exam_instruction("?", [f"Option {i}" for i in range(12)]), Answer="L", output=None),
        "",
    ),
    "duplicate_id": (repeat_first, "duplicate of a row with the same id"),
    **{fault: (on_row(1, instruction=exam_instruction(text)), "") for fault, text in ODD_TEXTS.items()},
}

SAMPLES = [
    SourceSample(
        "s_editions",
        {"s_editions.json": [*map(s_editions_row, range(3)), {"question": "Quel examen ?", "answer": "Un scanner"}]},
        write_json_array,
        {
            "missing_column": (without_key("question", 1), "missing key: question"),
            "wrong_type": (on_row(1, options="Ramipril"), "options is a text, expected a list of texts"),
            "letter_beyond_options": (on_row(1, correct=["E"]), "right answer E is beyond the 4 options"),
            "empty_option": (on_row(1, options=["Ramipril", " ", "Énalapril"]), "option B is empty"),
            "one_option": (on_row(1, options=["Ramipril"], correct=["A"]), "1 options, expected 2 to 26"),
            "twelve_options": (on_row(1, options=[f"Option {i}" for i in range(12)], correct=["L"]), ""),
            "duplicate_id": (on_row(1, id="s0"), "^duplicate id$"),
            **odd_texts("context"),
        },
        {"answer_out_of_range": LETTERS_ONLY},
    ),
    SourceSample(
        "mediqal",
        {
            "mcqm/train.json": [mediqal_row(i) for i in range(4)],
            "mcqu/test.json": [mediqal_row(1, correct_answers="D")],
            "oeq/test.json": [mediqal_open_row(i) for i in range(3)],
        },
        write_json_array,
        {
            "missing_column": (
                without_key("correct_answers"),
                "train.json: no row has the key.s. correct_answers;",
            ),
            "wrong_type": (on_row(1, correct_answers=["D"]), "correct_answers is a list, expected a text"),
            "letter_beyond_options": (on_row(1, correct_answers="D,F"), "right answer F is beyond the 5 options"),
            "empty_option": (on_row(1, answer_b=" "), "option B is empty"),
            "one_option": (
                on_row(1, **{f"answer_{letter}": None for letter in "bcde"}, correct_answers="A"),
                "1 options, expected 2 to 26",
            ),
            "duplicate_id": (on_row(1, id="0"), "^duplicate id$"),
            **odd_texts("clinical_case"),
        },
        {"answer_out_of_range": LETTERS_ONLY, "twelve_options": FIVE_COLUMNS},
    ),
    SourceSample(
        "medical_cases_fr",
        {CASES_TRAIN: [exam_row(i) for i in range(4)], CASES_EVAL: [exam_row(9)]},
        write_parquet,
        EXAM_FAULTS,
        {"answer_out_of_range": LETTERS_ONLY},
    ),
    SourceSample(
        "medical_mqca_fr",
        {MQCA_TRAIN: [exam_row(i) for i in range(4)], MQCA_EVAL: [exam_row(9)]},
        write_parquet,
        EXAM_FAULTS,
        {"answer_out_of_range": LETTERS_ONLY},
    ),
    SourceSample(
        "frbmedqa",
        {"train.json": [frbmedqa_row(i) for i in range(4)], "val.json": [frbmedqa_row(9)]},
        write_json_array,
        {
            "missing_column": (without_key("entities_list"), "train.json: no row has the key.s. entities_list; found"),
            "wrong_type": (on_row(1, entities_list="@entity1"), "entities_list is a text, expected a list of entities"),
            "answer_out_of_range": (on_row(1, answer="@entity2"), "the answer is no entity of entities_list"),
            "empty_option": (on_row(1, entities_list=[{"@entity1": " "}]), "the text of an entity is empty"),
            "duplicate_id": (repeat_first, "duplicate of a row with the same id"),
            **odd_texts("passage"),
        },
        {"letter_beyond_options": NO_OPTIONS, "one_option": NO_OPTIONS, "twelve_options": NO_OPTIONS},
    ),
]
