"""`snakemake --report` of a finished run, made without a network: all tables and figures, captions, categories."""

import json
import re
import subprocess
from zipfile import ZipFile

import pytest
from support.checkout import SMALL_RUN

pytestmark = pytest.mark.workflow
ALONE = ["unshare", "--net"]
# Where a reader looks for each number of the paper.
CATEGORIES = {
    "Dataset": {"tables/table1.csv", "tables/table2.csv", "figures/fig1.svg", "figures/fig2.svg", "figures/fig4.svg"},
    "Quality of translations and synthetic items": {"tables/table3.csv", "figures/fig3.svg"},
    "Choice questions": {"tables/table5.csv", "tables/table7.csv", "leaderboard.html"},
    "Open questions": {"tables/table6.csv", "figures/fig5.svg", "figures/fig6.svg"},
    "Training": {"figures/training.svg"},
    "Comparison with the paper": {"tables/claims.csv", "audit.csv"},
    "Whole run": {"report.html", "cost.csv"},
}


@pytest.fixture(scope="module")
def reported(finished, tmp_path_factory):
    """The report as a folder in a ZIP file."""
    alone = ALONE if subprocess.run([*ALONE, "true"], capture_output=True).returncode == 0 else []
    checkout = finished.copied_to(tmp_path_factory.mktemp("reported") / "checkout")
    done = checkout.snakemake("--report", "out.zip", before=alone)
    assert done.returncode == 0, (done.stdout + done.stderr)[-6000:]
    return ZipFile(checkout.folder / "out.zip")


@pytest.fixture(scope="module")
def page(reported):
    return reported.read("out/report.html").decode()


def in_page(page, name):
    """Return what a script of the page gives a variable."""
    begin = re.search(rf'var {name} = (?=[{{"])', page).end()
    return json.JSONDecoder().raw_decode(page, begin)[0]


def test_every_table_and_figure_of_the_run_is_there(reported, page, finished):
    run = finished.folder / SMALL_RUN
    made = {*run.glob("tables/*.csv"), *run.glob("figures/*.svg"), *run.glob("figures/*.csv")}
    results = in_page(page, "results")
    assert {str(path.relative_to(finished.folder)) for path in made} <= set(results)
    # What is named in the page lies in the archive, byte by byte.
    for path, result in results.items():
        assert reported.read(f"out/{result['data_uri']}") == (finished.folder / path).read_bytes()


def test_each_has_a_caption_and_labels(page):
    for path, result in in_page(page, "results").items():
        assert "<p>" in result["caption"], path
        assert set(result["labels"]) == {"result", "shows", "file", "stand-ins"}, path
    table = in_page(page, "results")[f"{SMALL_RUN}/tables/table5.csv"]
    assert "(Table 5 of the paper)" in table["caption"]
    assert table["labels"]["result"] == "Table 5"
    assert "scripted teacher" in table["labels"]["stand-ins"]


def test_each_stands_in_its_category(page):
    found = {
        category: {path.removeprefix(f"{SMALL_RUN}/") for paths in parts.values() for path in paths}
        for category, parts in in_page(page, "categories").items()
    }
    assert set(found) == set(CATEGORIES)
    for category, files in CATEGORIES.items():
        assert files <= found[category]
    kinds = in_page(page, "categories")["Dataset"]
    assert set(kinds) == {"Tables", "Figures"}
    assert all("/figures/" in path for path in kinds["Figures"])


def test_the_page_loads_nothing_from_elsewhere(page):
    assert in_page(page, "workflow_desc").count("run <tt") == 1
    for tag in ("<script src=", "<link rel=", "@import"):
        assert tag not in page
