"""The source registry and the page made from it: as shipped, and with faults."""

import json
import re
from pathlib import Path

import pytest
import yaml

from medinjection.records.errors import InputError
from medinjection.records.schema import COMPONENTS
from medinjection.sources.fetching.fetch import files_to_download
from medinjection.sources.readers.by_name import reader_names
from medinjection.sources.reference_page import sources_page
from medinjection.sources.registry import ALL_COMPONENTS, load_registry

ROOT = Path(__file__).parents[2]
REGISTRY_PATH = ROOT / "config/sources.yaml"
REGISTRY = load_registry(REGISTRY_PATH)
# Sections 3.2 to 3.4 of the paper; e3c is a public stand-in for its clinical cases, released_* the authors' own files.
SOURCES = {
    "native": [
        "s_editions",
        "mediqal",
        "frenchmedmcqa",
        "medical_cases_fr",
        "medical_mqca_fr",
        "frbmedqa",
        "wmt_biomedical",
        "released_native",
    ],
    "translated": [
        "medqa",
        "pubmedqa",
        "medmcqa",
        "mmlu",
        "kqa",
        "mmlu_pro",
        "medxpertqa",
        "released_translated",
        "mmmlu_fr",
        "medexpqa_fr",
    ],
    "synthetic": ["deft2021", "diamed", "morfitt", "e3c", "released_synthetic"],
    "all": ["released_all"],
}


def test_registry_holds_the_sources_of_the_paper_and_its_release():
    names = {component: [s.name for s in REGISTRY.values() if s.component == component] for component in SOURCES}
    assert [*SOURCES] == [*COMPONENTS, ALL_COMPONENTS]
    assert {component: sorted(found) for component, found in names.items()} == {
        component: sorted(expected) for component, expected in SOURCES.items()
    }


def test_readers_and_the_registry_name_each_other():
    assert {source.reader for source in REGISTRY.values()} == set(reader_names())


@pytest.mark.parametrize("source", REGISTRY.values(), ids=lambda source: source.name)
def test_addresses_are_pinned_and_gaps_are_explained(source):
    for file in source.files:
        if file.url and ("huggingface.co" in file.url or "github" in file.url):
            assert re.search(r"/[0-9a-f]{40}/", file.url), file.url
    if source.revision is None or any(file.url is None for file in source.files):
        assert source.notes or any(file.url for file in source.files), "how does a user get the files?"


def test_a_hub_revision_is_the_one_of_the_addresses():
    for name in ("frenchmedmcqa", "medmcqa", "mediqal", "medical_cases_fr", "medical_mqca_fr", "diamed"):
        addresses = [file.url for file in REGISTRY[name].files if file.url]
        assert addresses
        assert all(REGISTRY[name].revision in address for address in addresses)


def test_the_release_is_downloaded_but_for_a_file_that_was_never_seen():
    by_hand = {
        f"{name}/{file.name}"
        for name in ("released_native", "released_translated", "released_synthetic")
        for file in REGISTRY[name].files
        if file not in files_to_download(REGISTRY[name])
    }
    assert by_hand == {"released_native/Validation/mcq/mcq_val.json"}
    for name in ("released_native", "released_translated", "released_synthetic"):
        train = [file for file in REGISTRY[name].files if file.split == "train"]
        assert train and all(file.sha256 and file.url.endswith(f"/{file.name}") for file in train)


def test_diamed_is_taken_out_of_one_archive_and_both_sets_by_mlabonne_are_counted():
    files = files_to_download(REGISTRY["diamed"])
    assert [(file.split, file.records) for file in files] == [("train", 509), ("validation", 76), ("test", 154)]
    assert len({(file.url, file.archive.sha256) for file in files}) == 1
    counts = [[file.records for file in REGISTRY[name].files] for name in ("medical_cases_fr", "medical_mqca_fr")]
    assert counts == [[8134, 366], [3836, 150]]


def test_yields_of_generated_items_are_the_paper_s_counts_over_what_its_prompts_ask_for():
    documents = {"deft2021": 275, "diamed": 509 + 76 + 154, "morfitt": 1_514 + 1_022 + 1_088}
    asked = {"deft2021": (14, 15), "diamed": (14, 16), "morfitt": (5, 6)}
    choice, open_ = (sum(documents[name] * items[form] for name, items in asked.items()) for form in (0, 1))
    for name in documents:
        yields = REGISTRY[name].yields
        assert (yields["choice"].kept, yields["choice"].of) == (33_493, choice)
        assert (yields["open"].kept, yields["open"].of) == (43_013, open_)
    both = [REGISTRY[name] for name in ("medical_cases_fr", "medical_mqca_fr")]
    rows = sum(file.records for source in both for file in source.files)
    assert {(s.yields["records"].kept, s.yields["records"].of) for s in both} == {(12_194, rows)}
    page = sources_page(REGISTRY)
    assert "Kept: 33,493 of 32,316 choice items asked for (inference), 43,013 of 37,693 open items asked" in page


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda e: e.update(paper_records=0), "kqa.paper_records: found 0, expected a whole number above 0, or null"),
        (lambda e: e.update(split_shares={"train": 0.5}), "kqa.split_shares: found {'train': 0.5}, expected shares of"),
        (lambda e: e.update(split_shares={"dev": 1}), "kqa.split_shares: found {'dev': 1}, expected shares of splits"),
        (lambda e: e.update(yields={}), "kqa.yields: found {}, expected some of records, choice, open, or null"),
        (lambda e: e.update(yields={"open": {}}), "kqa.yields: found 'open', expected records for kind records"),
        (
            lambda e: e.update(yields={"records": {"kept": 1, "of": 0, "evidence": "size"}}),
            "kqa.yields.records.of: found 0, expected a whole number above 0",
        ),
        (
            lambda e: e.update(yields={"records": {"kept": 1, "of": 2, "evidence": "hope"}}),
            "kqa.yields.records.evidence: found 'hope', expected one of measured, published, identity, size, inference",
        ),
        (lambda e: e.update(notes=" "), "kqa.notes: found ' ', expected a text, or null"),
        (lambda e: e["files"][0].update(name="a/../x"), "kqa.files[0].name: found 'a/../x', expected a file name"),
        (lambda e: e["files"][0].update(name="**/x"), "kqa.files[0].name: found '**/x', expected a file name"),
        (lambda e: e["files"][0].update(name="*.jsonl"), "kqa.files[0]: *.jsonl is a pattern, expected neither url"),
        (lambda e: e["files"][0].update(archive={"member": "x"}), "kqa.files[0].archive.sha256: missing, expected 64"),
        (
            lambda e: e["files"][0].update(archive={"member": "x", "sha256": None}, url=None),
            "kqa.files[0].archive: has no meaning without the url of the archive",
        ),
        (
            lambda e: e["files"].append({"name": "pubmed/*.xml", "pubmed": "list.txt"}),
            "kqa.files[1].pubmed: found 'list.txt' for pubmed/*.xml, expected the name of a file of the same layout",
        ),
        (
            lambda e: e["files"].append({"name": "x.xml", "pubmed": "questions_w_answers.jsonl"}),
            "kqa.files[1].pubmed: found 'questions_w_answers.jsonl' for x.xml, expected the name of a file of the same",
        ),
    ],
)
def test_faults_of_optional_keys(tmp_path, change, message):
    assert _message(tmp_path, change).startswith(message)


def _message(tmp_path, change, name="kqa"):
    entry = yaml.safe_load(REGISTRY_PATH.read_text(encoding="utf-8"))[name]
    change(entry)
    path = tmp_path / "sources.yaml"
    path.write_text(yaml.safe_dump({name: json.loads(json.dumps(entry))}))
    with pytest.raises(InputError) as error:
        load_registry(path)
    return str(error.value).removeprefix(f"{path}: ")


@pytest.mark.parametrize(
    ("name", "task", "message"),
    [
        ("medqa", "mcqs", "medqa.choice_task: found 'mcqs', expected one of mcq, mcqu, by_answers, or null"),
        ("frbmedqa", "mcq", "frbmedqa.choice_task: found 'mcq', expected mcqu for a source of kind closed"),
        (
            "morfitt",
            None,
            "morfitt.choice_task: found None, expected mcq or mcqu or by_answers for a source of kind doc",
        ),
    ],
)
def test_the_task_fits_what_becomes_of_a_source(tmp_path, name, task, message):
    assert _message(tmp_path, lambda entry: entry.update(choice_task=task), name).startswith(message)
    missing = _message(tmp_path, lambda entry: entry.pop("choice_task"), name)
    assert missing == f"{name}.choice_task: missing, expected one of mcq, mcqu, by_answers, or null"


def test_page_of_sources_is_in_step():
    page = (ROOT / "docs/sources.md").read_text(encoding="utf-8")
    command = "python workflow/scripts/report_sources.py --registry config/sources.yaml --page docs/sources.md"
    assert page == sources_page(REGISTRY), f"out of step with config/sources.yaml; run: {command}"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda e: e.update(colour="red"), "kqa.colour: unknown key (value 'red'), expected one of title"),
        (lambda e: e.pop("licence"), "kqa.licence: missing, expected a text"),
        (lambda e: e.update(component="naive"), "kqa.component: found 'naive', expected one of native, translated"),
        (lambda e: e.update(language="fr"), "kqa: found kind records and language fr, expected kind records and lang"),
        (lambda e: e.update(revision="main"), "kqa.revision: found 'main', expected a commit of 40 hex digits"),
        (lambda e: e.update(homepage="http://a.org"), "kqa.homepage: found 'http://a.org', expected an https:// add"),
        (lambda e: e.update(files=[]), "kqa.files: found [], expected a list of files"),
        (lambda e: e["files"][0].update(name="../x.json"), "kqa.files[0].name: found '../x.json', expected a file na"),
        (lambda e: e["files"][0].update(sha256="abc"), "kqa.files[0].sha256: found 'abc', expected 64 hex digits, or"),
        (lambda e: e["files"][0].update(records=True), "kqa.files[0].records: found True, expected a whole number"),
        (lambda e: e["files"].append(e["files"][0]), "kqa.files[1].name: 'questions_w_answers.jsonl' is listed twice"),
    ],
)
def test_registry_faults_name_file_key_value_and_expectation(tmp_path, change, message):
    assert _message(tmp_path, change).startswith(message)


def test_registry_that_is_missing_or_no_mapping(tmp_path):
    with pytest.raises(InputError, match="cannot be read as YAML"):
        load_registry(tmp_path / "none.yaml")
    (tmp_path / "list.yaml").write_text("- a\n")
    with pytest.raises(InputError, match=r"found list \['a'\], expected one entry per source"):
        load_registry(tmp_path / "list.yaml")
