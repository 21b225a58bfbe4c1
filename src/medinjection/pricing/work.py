"""From a job to what is priced: its requests, what is assumed of its answers, and the language model."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel

from medinjection.llm.client.prompts import read_prompt
from medinjection.llm.language_model import LanguageModel
from medinjection.pricing.evaluation import prediction_requests
from medinjection.pricing.items import items_asked
from medinjection.pricing.jobs import (
    AnswerJudging,
    ConsistencyJudging,
    Generation,
    Job,
    QualityJudging,
    ServedPrediction,
    SourceConversion,
    SourceTranslation,
    TestSetTranslation,
)
from medinjection.pricing.judging import SCORE_TOKENS, answer_requests, consistency_requests, quality_requests
from medinjection.pricing.requests import ExpectedRequest
from medinjection.pricing.synthesis import (
    ITEM_TOKENS,
    TRANSLATION_GROWTH,
    generation_requests,
    source_conversion_requests,
    source_translation_requests,
    text_translation_requests,
)
from medinjection.synthesis.answers import ChoiceItem, ChoiceItems, OpenItems, Translation

_TRANSLATED = f"answers of {TRANSLATION_GROWTH} tokens a token of the user message"


@dataclass(frozen=True, slots=True)
class Work:
    """What one stage is going to ask one language model on one source.

    Attributes:
        source: name of the source or of the test set, `all` for models that see many.
        name: what the configuration calls the language model.
        basis: what is assumed, in words.
        journals: folder of the journals in which answers may be already.
        schema: sent along to a language model that is `structured`.
    """

    stage: str
    source: str
    name: str
    llm: LanguageModel
    requests: Iterable[ExpectedRequest]
    basis: str
    journals: Path
    schema: type[BaseModel] | None = None


def work_of(job: Job) -> Work:
    """Return the work of a job: its requests are read from its files as they are needed.

    Raises:
        InputError: a prompt that says how many items to write cannot be read.
    """
    match job:
        case SourceTranslation():
            return _work(job, source_translation_requests(job), _TRANSLATED, Translation)
        case TestSetTranslation():
            return _work(job, text_translation_requests(job), _TRANSLATED)
        case SourceConversion():
            return _work(job, source_conversion_requests(job), f"answers of {ITEM_TOKENS['choice']} tokens", ChoiceItem)
        case Generation():
            items = items_asked(read_prompt(job.prompt).text)
            basis = f"{items} items of {ITEM_TOKENS[job.form]} tokens a document"
            return _work(job, generation_requests(job), basis, ChoiceItems if job.form == "choice" else OpenItems)
        case QualityJudging():
            return _work(job, quality_requests(job), _quality_basis(job))
        case ServedPrediction():
            return _work(job, prediction_requests(job), _prediction_basis(job))
        case AnswerJudging():
            return _work(job, answer_requests(job), _judging_basis(job))
        case ConsistencyJudging():
            return _work(job, consistency_requests(job), _judging_basis(job))


def _work(job: Job, requests: Iterable[ExpectedRequest], basis: str, schema: type[BaseModel] | None = None) -> Work:
    return Work(job.stage, job.source, job.llm_name, job.llm, requests, basis, Path(job.journals), schema)


def _quality_basis(job: QualityJudging) -> str:
    basis = f"answers of {SCORE_TOKENS} tokens"
    if job.items:
        return basis
    return f"{basis}; items not written yet: as many as the prompts ask for, of {ITEM_TOKENS['open']} tokens"


def _prediction_basis(job: ServedPrediction) -> str:
    basis = "answers as long as they may be"
    if job.evaluation.open:
        return basis
    return f"{basis}; evaluation not selected yet: as many questions of the split, in their own language"


def _judging_basis(job: AnswerJudging | ConsistencyJudging) -> str:
    basis = f"answers of {SCORE_TOKENS} tokens"
    if not job.absent:
        return basis
    return f"{basis}; open answers of {job.absent} models not written yet: {job.max_new_tokens} tokens"
