"""The wording of questions as it is shipped, and what trains and asks in it."""

from functools import partial
from pathlib import Path

from medinjection.models.training import examples
from medinjection.prediction import choice, open, served
from medinjection.records.question_prompts import read_question_prompts

FOLDER = Path(__file__).resolve().parents[2] / "config" / "prompts"
PROMPTS = read_question_prompts(FOLDER / "question_choice.txt", FOLDER / "question_open.txt")

make_examples = partial(examples.make_examples, prompts=PROMPTS)
predict_choice = partial(choice.predict_choice, prompts=PROMPTS)
predict_open = partial(open.predict_open, prompts=PROMPTS)
predict_served_choice = partial(served.predict_served_choice, prompts=PROMPTS)
predict_served_open = partial(served.predict_served_open, prompts=PROMPTS)
