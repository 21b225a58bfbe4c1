"""What judges are going to be asked: of synthetic items, and of models' open answers."""

from collections.abc import Iterator

from medinjection.llm.client.prompts import read_prompt
from medinjection.prediction.schema import OPEN_SCHEMA
from medinjection.pricing.evaluation import open_records
from medinjection.pricing.items import items_asked
from medinjection.pricing.jobs import AnswerJudging, ConsistencyJudging, QualityJudging
from medinjection.pricing.requests import ExpectedRequest
from medinjection.pricing.synthesis import ITEM_TOKENS
from medinjection.records.files import count_rows, each_document, read_documents, read_records, read_table
from medinjection.records.schema import DOCUMENT_SCHEMA
from medinjection.scoring.files import outputs_of_models
from medinjection.scoring.open.judged_again import draw_again, messages_again
from medinjection.scoring.open.judges import judge_request
from medinjection.scoring.quality.judging import choose_items, context_of, document_texts, quality_request, read_items
from medinjection.scoring.quality.scales import kind_of

# A judge answers with one figure, and perhaps the token that ends its turn.
SCORE_TOKENS = 2


def quality_requests(job: QualityJudging) -> Iterator[ExpectedRequest]:
    """Yield what a judge will be asked of the synthetic items: those that exist, or those that will."""
    return _ratings_of_items(job, job.items) if job.items else _ratings_of_documents(job)


def answer_requests(job: AnswerJudging) -> Iterator[ExpectedRequest]:
    """Yield what a judge will be asked of open answers: those of some models may exist, the others are expected."""
    prompt = read_prompt(job.prompt)
    if job.predictions and job.evaluation.open:
        records = {record.id: record for record in read_records(job.evaluation.open)}
        for path in job.predictions.values():
            for row in read_table(path, OPEN_SCHEMA).to_pylist():
                user = judge_request(records[row["record_id"]], row["output"])
                yield ExpectedRequest(prompt.messages(user), answer_tokens=SCORE_TOKENS)
    for record in open_records(job.evaluation) if job.absent else ():
        yield ExpectedRequest(
            prompt.messages(judge_request(record, "")),
            answer_tokens=SCORE_TOKENS,
            times=job.absent,
            written=False,
            unwritten_tokens=job.max_new_tokens,
        )


def consistency_requests(job: ConsistencyJudging) -> Iterator[ExpectedRequest]:
    """Yield what a judge will be asked again: of the answers drawn where all are there, else of expected ones."""
    prompt, paraphrase = read_prompt(job.prompt), read_prompt(job.paraphrase)
    if job.evaluation.open and not job.absent:
        records = {record.id: record for record in read_records(job.evaluation.open)}
        outputs = outputs_of_models([*job.predictions.values()], [*job.predictions])
        for answer in draw_again(outputs, job.size, job.seed):
            ways = messages_again(records[answer.record_id], answer.output, prompt, paraphrase)
            for messages in ways.values():
                yield ExpectedRequest(messages, answer_tokens=SCORE_TOKENS)
        return
    questions = list(open_records(job.evaluation))
    models = len(job.predictions) + job.absent
    for record in questions:
        for messages in messages_again(record, "", prompt, paraphrase).values():
            yield ExpectedRequest(
                messages,
                answer_tokens=SCORE_TOKENS,
                times=min(models, job.size / len(questions)),
                written=False,
                unwritten_tokens=job.max_new_tokens,
            )


def _ratings_of_items(job: QualityJudging, items: str) -> Iterator[ExpectedRequest]:
    prompts = {"choice": read_prompt(job.choice_prompt), "open": read_prompt(job.open_prompt)}
    files = [one.documents for one in job.generation]
    documents = document_texts(document for path in files for document in read_documents(path))
    for item in read_items(items, choose_items(items, job.limit, job.seed)):
        user = quality_request(item, context_of(item, documents))
        yield ExpectedRequest(prompts[kind_of(item.task)].messages(user), answer_tokens=SCORE_TOKENS)


def _ratings_of_documents(job: QualityJudging) -> Iterator[ExpectedRequest]:
    """Yield the requests on items that are not written yet: of each document as many as its prompts ask for."""
    sizes = [count_rows(one.documents, DOCUMENT_SCHEMA) for one in job.generation]
    for form, prompt_file in (("choice", job.choice_prompt), ("open", job.open_prompt)):
        prompt = read_prompt(prompt_file)
        prompts = [one.choice_prompt if form == "choice" else one.open_prompt for one in job.generation]
        asked = [items_asked(read_prompt(path).text) for path in prompts]
        total = sum(size * items for size, items in zip(sizes, asked, strict=True))
        share = min(1.0, job.limit / total) if job.limit and total else 1.0
        for one, items in zip(job.generation, asked, strict=True):
            for document in each_document(one.documents):
                yield ExpectedRequest(
                    prompt.messages(f"Context: {document.text}"),
                    answer_tokens=SCORE_TOKENS,
                    times=items * share,
                    written=False,
                    unwritten_tokens=ITEM_TOKENS[form],
                )
