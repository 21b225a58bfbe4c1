"""What Snakemake's report says of each table and figure."""

import pytest
from docutils.core import publish_parts

from medinjection.plan.report_entries import SHOWN, report_entry
from medinjection.records.stand_ins import StandIn


def test_each_has_a_caption_that_is_valid(root):
    captions = {path.stem: path for path in (root / "workflow/report").glob("*.rst")}
    assert set(captions) - {"workflow"} == set(SHOWN)
    for path in captions.values():
        publish_parts(path.read_text(encoding="utf-8"), settings_overrides={"halt_level": 2, "report_level": 2})


def test_one_file_of_each_content_is_shown():
    made = ["fig3.csv", "fig3.svg", "fig3.png", "fig3_caption.txt", "fig3.md", "table6.csv", "table6.md", "table6.tex"]
    made += ["claims_parts.md", "claims_parts.tex"]
    shown = [name for name in made if report_entry(f"results/demo/{name}", ())]
    assert shown == ["fig3.csv", "fig3.svg", "table6.csv", "claims_parts.md"]


def test_a_label_names_stand_ins_where_there_are_any():
    of_a_run = report_entry("tables/table5.csv", ())
    of_a_demonstration = report_entry("tables/table5.csv", [StandIn.TEACHER, StandIn.BASE])
    assert "stand-ins" not in of_a_run["labels"]
    assert of_a_demonstration["labels"]["stand-ins"] == "scripted teacher, base model pre-trained by the workflow"


def test_a_table_that_has_no_entry_is_an_error():
    with pytest.raises(KeyError, match="table8"):
        report_entry("tables/table8.csv", ())
