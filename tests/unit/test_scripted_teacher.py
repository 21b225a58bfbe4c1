import asyncio
import json
import re
import subprocess
import sys
from collections import Counter

import pytest
from support.llms import SCRIPTED_PROVIDER

from medinjection.demo.knowledge.facts import load_knowledge_base
from medinjection.demo.knowledge.wording import (
    STATEMENT_WORDINGS,
    choice_question,
    option,
    phrase_book,
    statement,
    wordings_of,
)
from medinjection.demo.teacher.faults import TEACHER_FAULTS
from medinjection.demo.teacher.judging import equivalence_score
from medinjection.demo.teacher.scripted_teacher import ScriptedTeacher
from medinjection.llm.client.provider import Provider
from medinjection.llm.client.retries import Patience
from medinjection.llm.language_model import LanguageModel
from medinjection.records.errors import InputError
from medinjection.records.reasoning import after_reasoning

UNKNOWN_TEXT = (
    "Nous rapportons le cas d'un cheval de trait. La température rectale était de 39,5 degrés ! "
    "L'évolution fut favorable en dix jours."
)


@pytest.fixture(scope="module")
def base(request):
    return str(request.config.rootpath / "resources" / "knowledge_base.yaml")


@pytest.fixture(scope="module")
def knowledge(base):
    return load_knowledge_base(base)


@pytest.fixture(scope="module")
def prompts(request):
    folder = request.config.rootpath / "config" / "prompts"
    return {path.stem: path.read_text(encoding="utf-8") for path in folder.glob("*.txt")}


@pytest.fixture(scope="module")
def ask(base):
    """A function that puts a chat to a scripted model, as every stage does, and returns the reply."""

    def ask(system, user, model="scripted/teacher", api_base=base, more=(), faults=None, retried=None):
        extra = {"extra_body": {"faults": faults}} if faults else {}
        llm = LanguageModel(model=model, provider=SCRIPTED_PROVIDER, api_base=api_base, extra=extra)
        messages = [{"role": "system", "content": system}, {"role": "user", "content": user}, *more]

        async def put():
            return await Provider(llm, Patience(first_wait=0.01), repeated=retried).call(messages)

        return asyncio.run(put())

    return ask


def text_of(reply):
    return reply.text


def abstract(facts):
    return " " + " ".join(statement(f, i % STATEMENT_WORDINGS).fr for i, f in enumerate(facts)) + " "


@pytest.fixture
def facts(knowledge):
    return [f for f in knowledge.facts if f.specialty == "endocrinology"][:6]


# As a model that a client asks


def test_a_reply_is_complete_and_the_same_each_time(ask, prompts):
    first, second = (ask(prompts["translate"], '{"question": "x"}') for _ in range(2))
    assert first == second
    assert re.fullmatch(r"scripted-[0-9a-f]{24}", first.provider_request_id)
    assert first.provider_request_id != ask(prompts["translate"], '{"question": "y"}').provider_request_id
    assert json.loads(text_of(first)) == {"question": "[pseudo-traduction] x"}
    assert first.finish_reason == "stop"
    assert first.prompt_tokens == len(prompts["translate"].split()) + 2
    assert first.completion_tokens == len(text_of(first).split())


def test_a_script_is_asked_without_litellm():
    """A demonstration has some thirty jobs that ask, and litellm takes seconds to import."""
    program = (
        "import asyncio, sys\n"
        "from medinjection.llm.client.provider import Provider\n"
        "from medinjection.llm.client.retries import Patience\n"
        "from medinjection.llm.language_model import LanguageModel\n"
        f"llm = LanguageModel(model='scripted/teacher', provider={SCRIPTED_PROVIDER!r})\n"
        "reply = asyncio.run(Provider(llm, Patience()).call([{'role': 'user', 'content': 'x'}]))\n"
        "print('cannot answer' in reply.text, 'litellm' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "False"]


@pytest.mark.parametrize("api_base", [None, "no/such/file.yaml"])
def test_a_missing_knowledge_base_is_an_error_that_no_one_retries(ask, prompts, api_base):
    retried = Counter()
    with pytest.raises(InputError, match="^scripted/teacher: .*(api_base|no such file)"):
        ask(prompts["translate"], '{"question": "x"}', api_base=api_base, retried=retried)
    assert not retried


def test_other_requests_get_a_plain_refusal(ask):
    assert "scripted stand-in, not a language model" in text_of(ask("You are a poet.", "Write."))
    assert "cannot answer" in text_of(ask("Translate into French.", "this is no JSON"))
    assert "cannot answer" in text_of(ask("Translate into French.", '{"title": "unknown key"}'))


# Translation


def test_known_records_are_translated_word_for_word(ask, prompts, facts):
    fact = facts[0]
    question = choice_question(fact, 0, several=False)
    options = [option(t) for t in (*fact.objects, *fact.false)]
    request = {"question": question.en, "options": [o.en for o in options] + ["All of the above"]}
    answer = json.loads(text_of(ask(prompts["translate"], json.dumps(request))))
    assert answer == {"question": question.fr, "options": [o.fr for o in options] + ["Toutes les réponses ci-dessus"]}


def test_paragraphs_are_translated_sentence_by_sentence(ask, prompts, facts):
    request = {"question": "What?", "answer": " ".join(statement(f, 1).en for f in facts[:3])}
    answer = json.loads(text_of(ask(prompts["translate"], json.dumps(request))))
    assert answer["answer"] == " ".join(statement(f, 1).fr for f in facts[:3])


def test_warts_of_the_source_do_not_hide_a_known_text(ask, prompts, facts):
    question = choice_question(facts[0], 0, several=False)
    spoiled = question.en.replace(" ", "&nbsp;", 1).replace(" ", "\u00a0", 1).replace(" of ", "  o\u00adf ")
    answer = json.loads(text_of(ask(prompts["translate"], json.dumps({"question": spoiled}))))
    assert answer["question"] == question.fr


def test_every_known_english_text_is_translated(base, prompts, knowledge):
    teacher = ScriptedTeacher()
    book = list(phrase_book(knowledge).items())
    for start in range(0, len(book), 500):
        part = book[start : start + 500]
        user = json.dumps({"options": [english for english, _ in part]})
        chat = [{"role": "system", "content": prompts["translate"]}, {"role": "user", "content": user}]
        answer = json.loads(teacher.answer("teacher", chat, base, {}).text)
        assert answer["options"] == [french for _, french in part]


def test_unknown_text_is_marked_and_keeps_its_numbers(ask, prompts):
    request = {
        "question": "A 54-year-old man has a sodium of 128 mEq/L.",
        "options": ["Saline 0.9%"],
        "context": "It is.",
    }
    answer = json.loads(text_of(ask(prompts["translate"], json.dumps(request))))
    assert answer == {
        "question": "[pseudo-traduction] A 54-year-old man has a sodium of 128 mEq/L.",
        "options": ["[pseudo-traduction] Saline 0.9%"],
        "context": "[pseudo-traduction] It is.",
    }


# Items


def check_choice_items(items, count):
    assert len(items) == count
    for item in items:
        assert list(item["options"]) == ["A", "B", "C", "D"]
        assert len(set(item["options"].values())) == 4
        assert all(item["options"].values())
        letters = item["answer"].split(", ")
        assert letters == sorted(set(letters))
        assert set(letters) < set("ABCD")


def test_choice_items_come_from_the_facts_of_the_text(ask, prompts, facts):
    items = json.loads(text_of(ask(prompts["generate_morfitt_choice"], abstract(facts))))
    check_choice_items(items, 5)
    asked = {
        choice_question(f, w, several).fr: f
        for f in facts
        for w in wordings_of(f, "train")
        for several in (False, True)
    }
    for item in items:
        fact = asked[item["question"]]
        right = {item["options"][letter] for letter in item["answer"].split(", ")}
        objects = {option(t).fr for t in fact.objects}
        assert right == objects & set(item["options"].values())
    assert len({asked[item["question"]].id for item in items}) == 5


def test_about_half_of_the_choice_items_have_several_answers(base, prompts, knowledge):
    teacher = ScriptedTeacher()
    counts = []
    for start in range(0, 360, 5):
        user = abstract(knowledge.facts[start : start + 5])
        chat = [{"role": "system", "content": prompts["generate_morfitt_choice"]}, {"role": "user", "content": user}]
        items = json.loads(teacher.answer("teacher", chat, base, {}).text)
        check_choice_items(items, 5)
        counts += [", " in item["answer"] for item in items]
    assert 0.3 < sum(counts) / len(counts) < 0.6


def test_closed_questions_are_converted_with_false_terms_of_the_fact(ask, prompts, facts):
    fact = facts[0]
    closed = {"context": statement(fact, 0).fr, "question": "____ ?", "answer": fact.objects[0].fr}
    item = json.loads(text_of(ask(prompts["convert_choice"], json.dumps(closed))))
    assert item["options"][item["answer"]] == fact.objects[0].fr
    assert set(item["options"]) == set("ABCD")
    assert set(item["options"].values()) - {fact.objects[0].fr} <= {term.fr for term in fact.false}


@pytest.mark.parametrize("context", [UNKNOWN_TEXT, ""])
def test_conversion_of_unknown_text_is_marked(ask, prompts, context):
    closed = {"context": context, "question": "De quel animal parle-t-on ?", "answer": "un cheval"}
    item = json.loads(text_of(ask(prompts["convert_choice"], json.dumps(closed))))
    assert item["question"].startswith("[item scripté]")
    assert len(set(item["options"].values())) == 4
    assert item["options"][item["answer"]] == "un cheval"


def test_open_items_follow_the_prompt(ask, prompts, facts, knowledge):
    user = f"{abstract(facts)}\n\nSpecialties: pharmacology, genetics"
    items = json.loads(text_of(ask(prompts["generate_morfitt_open"], user)))
    assert [item["task"] for item in items] == [1, 2, 2, 2, 2, 3]
    assert items[0]["output"] == " ".join(statement(f, i).fr for i, f in enumerate(facts[:2]))
    assert items[-1]["output"] == "pharmacology, genetics"
    stated = {statement(f, w).fr for f in facts for w in range(STATEMENT_WORDINGS)}
    for item in items[1:5]:
        assert any(sentence in item["output"] for sentence in stated)
    assert not any("[item" in item["instruction"] + item["output"] for item in items)


def test_the_same_open_question_has_the_same_answer_in_all_texts(base, prompts, knowledge):
    teacher, answers = ScriptedTeacher(), {}
    for start in range(0, 360, 3):
        user = abstract(knowledge.facts[start : start + 6])
        chat = [{"role": "system", "content": prompts["generate_morfitt_open"]}, {"role": "user", "content": user}]
        for item in json.loads(teacher.answer("teacher", chat, base, {}).text):
            if item["task"] == 2:
                assert answers.setdefault(item["instruction"], item["output"]) == item["output"]
    assert len(answers) > 400


def test_a_text_with_one_known_fact_is_filled_up_from_its_specialty(ask, prompts, facts, knowledge):
    items = json.loads(text_of(ask(prompts["generate_morfitt_choice"], abstract(facts[:1]))))
    check_choice_items(items, 5)
    asked = {choice_question(f, w, s).fr: f for f in knowledge.facts for w in range(6) for s in (False, True)}
    assert {asked[item["question"]].specialty for item in items} == {"endocrinology"}


def test_soft_hyphens_do_not_hide_a_fact(ask, prompts, facts):
    text = abstract(facts)
    spoiled = text.replace(
        max(text.split(), key=len), max(text.split(), key=len)[:5] + "\u00ad" + max(text.split(), key=len)[5:]
    )
    assert spoiled != text
    items = json.loads(text_of(ask(prompts["generate_morfitt_open"], spoiled)))
    assert items[0]["output"] == " ".join(statement(f, i).fr for i, f in enumerate(facts[:2]))


@pytest.mark.parametrize("text", [UNKNOWN_TEXT, "Court.", "1 2 3", "à à à à mot mot"])
def test_items_about_unknown_text_are_valid_and_marked(ask, prompts, text):
    choice = json.loads(text_of(ask(prompts["generate_morfitt_choice"], text)))
    check_choice_items(choice, 5)
    assert all(item["question"].startswith("[item scripté] ") for item in choice)
    opened = json.loads(text_of(ask(prompts["generate_morfitt_open"], text)))
    assert [item["task"] for item in opened] == [1, 2, 2, 2, 2, 3]
    assert all(item["instruction"].startswith("[item scripté] ") and item["output"].strip() for item in opened)


def test_prompts_for_clinical_cases_get_as_many_items_as_they_ask_for(ask, prompts, facts):
    opened = json.loads(text_of(ask(prompts["generate_deft_open"], abstract(facts))))
    assert [item["task"] for item in opened] == [1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8]
    opened = json.loads(text_of(ask(prompts["generate_diamed_open"], abstract(facts))))
    assert [item["task"] for item in opened] == [task for task in range(1, 9) for _ in range(2)]
    choice = json.loads(text_of(ask(prompts["generate_case_choice"], abstract(facts))))
    check_choice_items(choice, 14)
    assert [item["task"] for item in choice] == [task for task in range(1, 8) for _ in range(2)]


# Judging


def judged(question, candidate, truth):
    return f"Question: {question}\nCandidate_answer: {candidate}\nGround_truth: {truth}"


@pytest.mark.parametrize(
    ("candidate", "truth", "score"),
    [
        (
            "L'antidote de la morphine est la naloxone.",
            "On peut utiliser la naloxone comme antidote de la morphine.",
            "1",
        ),
        ("La naloxone", "La naloxone", "1"),
        # All words but one are the question's own: only that one counts.
        ("L'antidote de la morphine est le glucagon.", "L'antidote de la morphine est la naloxone.", "0"),
        ("", "La naloxone", "0"),
        ("Je ne sais pas.", "La naloxone", "0"),
    ],
)
def test_equivalence_counts_the_words_that_matter(ask, prompts, candidate, truth, score):
    request = judged("Quel est l'antidote de la morphine ?", candidate, truth)
    assert text_of(ask(prompts["judge_answer"], request, model="scripted/judge-a")) == score


def test_two_scripted_judges_differ_on_borderline_answers():
    scores = set()
    for shared in range(1, 40):
        truth = " ".join(f"mot{i}" for i in range(40))
        candidate = " ".join(f"mot{i}" if i < shared else f"autre{i}" for i in range(40))
        request = judged("?", candidate, truth)
        scores.add(tuple(equivalence_score(request, f"judge-{name}") for name in "ab"))
    assert {("0", "0"), ("1", "1")} < scores


@pytest.mark.parametrize(("candidate", "score"), [("La naloxone", "1"), ("Le glucagon", "0")])
def test_a_judge_who_is_asked_otherwise_still_counts_words(ask, prompts, candidate, score):
    request, question = judged("Quel antidote ?", candidate, "La naloxone"), "Question: Quel antidote ?"
    assert text_of(ask(prompts["judge_answer_paraphrased"], request, model="scripted/judge-a")) == score
    swapped = f"{question}\nGround_truth: La naloxone\nCandidate_answer: {candidate}"
    assert text_of(ask(prompts["judge_answer"], swapped, model="scripted/judge-a")) == score


def test_a_scripted_judge_may_change_its_mind_on_borderline_answers():
    scores = set()
    for shared in range(1, 40):
        truth = " ".join(f"mot{i}" for i in range(40))
        candidate = " ".join(f"mot{i}" if i < shared else f"autre{i}" for i in range(40))
        first = equivalence_score(judged("?", candidate, truth), "judge-a")
        swapped = f"Question: ?\nGround_truth: {truth}\nCandidate_answer: {candidate}"
        scores.add((first, equivalence_score(swapped, "judge-a")))
    assert {("0", "0"), ("1", "1")} < scores


def test_a_judge_needs_no_knowledge_base(ask, prompts):
    assert text_of(ask(prompts["judge_answer"], judged("?", "a", "a"), api_base=None)) == "1"


@pytest.mark.parametrize(("prompt", "allowed"), [("judge_open_quality", "345"), ("judge_choice_quality", "123")])
def test_quality_scores_are_one_digit_in_range_and_said_to_be_drawn(ask, prompts, prompt, allowed):
    texts = [text_of(ask(prompts[prompt], f"Context: {n}")) for n in range(40)]
    scores = {after_reasoning(text) for text in texts}
    assert scores <= set(allowed)
    assert len(scores) > 1
    assert all("this score is drawn by a hash" in text for text in texts)


# Faults


def with_fault(ask, prompts, fault, rate=1.0, number=0, more=()):
    request = json.dumps({"question": f"What is number {number}?"})
    return ask(prompts["translate"], request, more=more, faults={fault: rate})


@pytest.mark.parametrize("fault", ["prose", "refusal"])
def test_prose_and_refusals_hold_no_json(ask, prompts, fault):
    text = text_of(with_fault(ask, prompts, fault))
    assert not set("[]{}") & set(text)


def test_a_truncated_answer_is_half_and_says_so(ask, prompts):
    whole = text_of(with_fault(ask, prompts, "prose", 0.0))
    cut = with_fault(ask, prompts, "truncated")
    assert text_of(cut) == whole[: len(whole) // 2]
    assert cut.finish_reason == "length"


def test_a_wrong_schema_is_json_with_other_keys(ask, prompts):
    assert "question" not in json.loads(text_of(with_fault(ask, prompts, "wrong_schema")))


def test_a_rate_limit_passes_at_the_second_try(ask, prompts):
    retried = Counter()
    request = json.dumps({"question": "What is number 77?"})
    reply = ask(prompts["translate"], request, faults={"rate_limit": 1.0}, retried=retried)
    assert "number 77" in text_of(reply)
    assert retried == {"Busy": 1}


def test_the_share_of_faults_is_the_rate_and_always_hits_the_same_requests(base, prompts):
    def hit():
        teacher = ScriptedTeacher()
        texts = []
        for number in range(1500):
            user = json.dumps({"question": f"number {number}"})
            chat = [{"role": "system", "content": prompts["translate"]}, {"role": "user", "content": user}]
            texts.append(teacher.answer("teacher", chat, base, {"prose": 0.1, "refusal": 0.05}).text)
        return texts

    texts = hit()
    assert texts == hit()
    refused = sum(text.startswith("Je suis désolé") for text in texts)
    prose = sum(text.startswith("Bien sûr") for text in texts)
    assert 100 < prose < 200  # 150 expected, 4 standard deviations: 46
    assert 40 < refused < 110  # 75 expected, 4 standard deviations: 34


def test_asking_again_with_a_reason_can_succeed_and_answers_the_first_request(ask, prompts):
    failed = with_fault(ask, prompts, "prose", rate=0.5, number=next_hit(ask, prompts))
    more = [
        {"role": "assistant", "content": text_of(failed)},
        {"role": "user", "content": "This answer cannot be used: no JSON. Answer the request again, in full."},
    ]
    number = next_hit(ask, prompts)
    answers = [text_of(with_fault(ask, prompts, "prose", 0.5, number, more * times)) for times in range(1, 8)]
    good = [json.loads(text) for text in answers if text.startswith("{")]
    assert {"question": f"[pseudo-traduction] What is number {number}?"} in good


def next_hit(ask, prompts):
    """Return the first request that prose hits at a rate of one half."""
    return next(n for n in range(50) if "{" not in text_of(with_fault(ask, prompts, "prose", 0.5, n)))


@pytest.mark.parametrize("faults", [{"typo": 0.1}, {"prose": 1.5}, {"prose": "much"}, {"prose": 0.6, "refusal": 0.6}])
def test_senseless_faults_are_refused(ask, prompts, base, faults):
    with pytest.raises(InputError, match="faults: "):
        ask(prompts["translate"], '{"question": "x"}', faults=faults)
    with pytest.raises(InputError, match="faults: "):
        ScriptedTeacher().answer("teacher", [], base, faults)


def test_the_faults_of_the_documentation_exist():
    assert TEACHER_FAULTS == ("prose", "truncated", "refusal", "wrong_schema", "rate_limit")
