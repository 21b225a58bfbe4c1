"""The work that a run gives its language models, one class per stage, as the configuration describes it.

Paths are files. Nothing is read here: the rules make these jobs before a workflow starts.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from medinjection.llm.language_model import LanguageModel
from medinjection.records.errors import InputError


class _Job(BaseModel):
    """What the jobs of all stages have.

    Attributes:
        source: name of the source or of the test set; `all` for models that see many.
        llm_name: what the configuration calls the language model.
        journals: folder of the journals in which answers may be already.
    """

    # What was found may be a secret, so pydantic must not repeat it.
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    source: str
    llm_name: str
    llm: LanguageModel
    journals: str


class _RecordsJob(_Job):
    """What the jobs have in which a teacher works on each record of a source."""

    records: str
    prompt: str

    @property
    def files(self) -> list[str]:
        """The files that tell what it costs."""
        return [self.records, self.prompt]


class SourceTranslation(_RecordsJob):
    """Translation of a source's records."""

    stage: Literal["translate_source"]


class SourceConversion(_RecordsJob):
    """Conversion of a source's closed questions."""

    stage: Literal["convert_source"]


class Generation(_Job):
    """Generation of items of one form from a source's documents."""

    stage: Literal["generate_items"]
    form: Literal["choice", "open"]
    documents: str
    prompt: str

    @property
    def files(self) -> list[str]:
        """The files that tell what it costs."""
        return [self.documents, self.prompt]


class TestSetTranslation(_Job):
    """Translation of a test set."""

    # Not a test, whatever pytest makes of the name.
    __test__ = False

    stage: Literal["translate_test_set"]
    segments: str
    prompt: str

    @property
    def files(self) -> list[str]:
        """The files that tell what it costs."""
        return [self.segments, self.prompt]


class GeneratedFrom(BaseModel):
    """Documents, and the prompts with which items of both forms are generated from them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    documents: str
    choice_prompt: str
    open_prompt: str


class QualityJudging(_Job):
    """Judging of the synthetic items.

    Attributes:
        items: the items where they exist; without them they are expected of `generation`.
        limit: maximum of judged items of each form.
    """

    stage: Literal["judge_quality"]
    choice_prompt: str
    open_prompt: str
    generation: tuple[GeneratedFrom, ...]
    items: str | None = None
    limit: int | None = None
    seed: int

    @property
    def files(self) -> list[str]:
        """The files that tell what it costs, apart from `items`, which may be made later."""
        documents = [one.documents for one in self.generation]
        prompts = [prompt for one in self.generation for prompt in (one.choice_prompt, one.open_prompt)]
        return [*documents, self.choice_prompt, self.open_prompt, *prompts]


class Evaluation(BaseModel):
    """The records that models answer, or those from which they are going to be selected.

    Attributes:
        candidates: records of each source that is evaluated.
        limit_choice, limit_open: maximum of choice and of open questions per source.
        choice, open: the selected records, where they exist.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    candidates: tuple[str, ...]
    split: str
    seed: int
    limit_choice: int | None = None
    limit_open: int | None = None
    choice: str | None = None
    open: str | None = None


class ServedPrediction(_Job):
    """Answers of a model that is asked over an API, about the evaluation or about English originals of its questions.

    Attributes:
        permutations: permuted orders of each choice question beside the published one.
        max_new_tokens: maximum of tokens of an open answer.
        choice_prompt, open_prompt, system_prompt: how a question is put.
    """

    stage: Literal["predict_served", "predict_english_served"]
    evaluation: Evaluation
    permutations: int
    max_new_tokens: int
    choice_prompt: str
    open_prompt: str
    system_prompt: str | None = None

    @property
    def files(self) -> list[str]:
        """The files that tell what it costs."""
        prompts = [self.choice_prompt, self.open_prompt, *filter(None, [self.system_prompt])]
        return [*self.evaluation.candidates, *prompts]


class AnswerJudging(_Job):
    """Judging of the open answers of all models.

    Attributes:
        predictions: model -> file of open answers, of the models of which it exists.
        absent: number of the models that have not answered yet.
        max_new_tokens: maximum of tokens of an open answer.
    """

    stage: Literal["judge_answers"]
    prompt: str
    evaluation: Evaluation
    predictions: dict[str, str] = {}
    absent: int
    max_new_tokens: int

    @property
    def files(self) -> list[str]:
        """The files that tell what it costs."""
        return [*self.evaluation.candidates, self.prompt]


class ConsistencyJudging(_Job):
    """Judging of some open answers once more, under a paraphrased prompt and in another order.

    Attributes:
        predictions: model -> file of open answers, of the models of which it exists.
        absent: number of the models that have not answered yet.
        max_new_tokens: maximum of tokens of an open answer.
        size, seed: of the sample of answers.
    """

    stage: Literal["judge_consistency"]
    prompt: str
    paraphrase: str
    evaluation: Evaluation
    predictions: dict[str, str] = {}
    absent: int
    max_new_tokens: int
    size: int
    seed: int

    @property
    def files(self) -> list[str]:
        """The files that tell what it costs."""
        return [*self.evaluation.candidates, self.prompt, self.paraphrase]


Job = (
    SourceTranslation
    | SourceConversion
    | Generation
    | TestSetTranslation
    | QualityJudging
    | ServedPrediction
    | AnswerJudging
    | ConsistencyJudging
)
_JOBS: TypeAdapter[Job] = TypeAdapter(Annotated[Job, Field(discriminator="stage")])


def read_job(text: str) -> Job:
    """Return the job that a JSON object describes. Raises InputError where it describes none."""
    try:
        return _JOBS.validate_json(text)
    except ValidationError as error:
        raise InputError(f"--job: {'; '.join(map(_fault, error.errors()))}") from None


def job_json(job: Job) -> str:
    """Return a job as JSON, without values that are the defaults."""
    return job.model_dump_json(exclude_defaults=True)


def _fault(fault: Any) -> str:
    # The first part of a place is the stage, which tells the classes apart.
    place = ".".join(map(str, fault["loc"][1:]))
    message = fault["msg"].removeprefix("Value error, ")
    return f"{place}: {message}" if place else message
