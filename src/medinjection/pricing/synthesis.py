"""What teachers are going to be asked: translations, conversions and items."""

from collections.abc import Iterator

from medinjection.llm.client.prompts import read_prompt
from medinjection.pricing.items import items_asked
from medinjection.pricing.jobs import Generation, SourceConversion, SourceTranslation, TestSetTranslation
from medinjection.pricing.requests import ExpectedRequest
from medinjection.records.files import each_document, each_record
from medinjection.scoring.translation.pairs import read_segments
from medinjection.synthesis.conversion import conversion_request
from medinjection.synthesis.generation import open_request
from medinjection.synthesis.translation import translation_request

# Tokens of a French translation per token of English, o200k_base: 1.27 over the 551 cases of CasiMedicos-Arg, 1.24 and
# 1.40 over full texts and abstracts of WMT's ClinicalCasesWithEval (cl100k_base, an older encoding: 1.42).
TRANSLATION_GROWTH = 1.3
# Tokens of one item in the prompts' JSON, o200k_base: choice questions of FrenchMedMCQA written so take 132 on average,
# those of MediQAl 121; its open questions with their answers 77, and their JSON about 25. Teachers write longer ones.
ITEM_TOKENS = {"choice": 160, "open": 160}


def source_translation_requests(job: SourceTranslation) -> Iterator[ExpectedRequest]:
    """Yield the requests of `translate_records`."""
    prompt = read_prompt(job.prompt)
    for record in each_record(job.records):
        yield ExpectedRequest(prompt.messages(translation_request(record)), growth=TRANSLATION_GROWTH)


def text_translation_requests(job: TestSetTranslation) -> Iterator[ExpectedRequest]:
    """Yield the requests of `translate_texts`."""
    prompt = read_prompt(job.prompt)
    for segment in read_segments(job.segments):
        yield ExpectedRequest(prompt.messages(segment.source), growth=TRANSLATION_GROWTH)


def source_conversion_requests(job: SourceConversion) -> Iterator[ExpectedRequest]:
    """Yield the requests of `convert_records`."""
    prompt = read_prompt(job.prompt)
    for record in each_record(job.records):
        yield ExpectedRequest(prompt.messages(conversion_request(record)), answer_tokens=ITEM_TOKENS["choice"])


def generation_requests(job: Generation) -> Iterator[ExpectedRequest]:
    """Yield the requests of `generate_choice` or `generate_open`, as the job's form says."""
    prompt = read_prompt(job.prompt)
    answer = items_asked(prompt.text) * ITEM_TOKENS[job.form]
    for document in each_document(job.documents):
        user = document.text if job.form == "choice" else open_request(document)
        yield ExpectedRequest(prompt.messages(user), answer_tokens=answer)
