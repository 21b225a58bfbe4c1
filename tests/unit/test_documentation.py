"""What the documentation says is there: pages, columns, rules, messages, keys."""

import re
from pathlib import Path

import pytest
import yaml
from support.documented_commands import blocks

from medinjection.config.settings.mixes import MixSettings
from medinjection.config.settings.run import Settings
from medinjection.models.training.log import TRAINING_SCHEMA
from medinjection.prediction.schema import CHOICE_SCHEMA, OPEN_SCHEMA, REASONING_SCHEMA
from medinjection.records.conservation import REJECT_SCHEMA
from medinjection.records.schema import RECORD_SCHEMA
from medinjection.scoring.open.judges import JUDGEMENT_SCHEMA

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted(DOCS.glob("*.md"))
RULES = "\n".join(path.read_text("utf-8") for path in (ROOT / "workflow/rules").glob("*.smk"))


def test_every_page_is_in_the_contents():
    listed = re.findall(r"^[a-z][a-z-]*$", (DOCS / "index.md").read_text("utf-8"), re.MULTILINE)
    assert sorted(listed) == sorted(path.stem for path in PAGES if path.stem != "index")


@pytest.mark.parametrize(
    ("heading", "schema"),
    [
        ("have one schema:", RECORD_SCHEMA),
        ("rejects.parquet` beside it:", REJECT_SCHEMA),
        ("a row for each record, order and decoding:", CHOICE_SCHEMA),
        ("a row for each open question:", OPEN_SCHEMA),
        ("reasoned first ([evaluate.md](evaluate.md)):", REASONING_SCHEMA),
        ("`judgements/<judge>/<model>.parquet`:", JUDGEMENT_SCHEMA),
        ("and `training.parquet`:", TRAINING_SCHEMA),
    ],
)
def test_columns_are_those_of_the_files(heading, schema):
    _, _, after = (DOCS / "files.md").read_text("utf-8").partition(heading)
    rows = re.findall(r"^\| (`[^|]*) \|", after.split("\n\n")[1], re.MULTILINE)
    assert sorted(name for row in rows for name in re.findall(r"`(\w+)`", row)) == sorted(schema.names)


def test_the_paper_map_names_rules_and_files_of_the_workflow():
    text = (DOCS / "paper-map.md").read_text("utf-8")
    named = set(re.findall(r"`((?:report|score)_\w+)`", text))
    assert len(named) > 10
    assert named <= set(re.findall(r"rule (\w+):", RULES))
    for stem in set(re.findall(r"`(?:tables|figures)/([a-z_]+)[0-9]*\.", text)) - {"fig", "table"}:
        assert stem in RULES, stem


def test_every_message_of_the_troubleshooting_page_is_in_the_program():
    text = (DOCS / "troubleshooting.md").read_text("utf-8")
    messages = [part for row in re.findall(r"^\| `([^`]+)` \|", text, re.MULTILINE) for part in row.split("...")]
    program = " ".join(path.read_text("utf-8") for path in (ROOT / "src").rglob("*.py"))
    # Texts in Python are cut at the end of a line, and have names where a value stands.
    program = re.sub(r'"\s*\n\s*f?"', "", program)
    program = re.sub(r"\{[^{}]*\}", "\0", program)
    program += " ".join(path.read_text("utf-8") for path in (ROOT / "Makefile", *(ROOT / "envs").glob("*.sh")))
    found = [part.strip(" ,;") for part in messages if part.strip(" ,;")]
    assert len(found) > 20
    assert [part for part in found if part not in program] == []


def settings_in_pages():
    for page in PAGES:
        for place, body in enumerate(blocks(page, "yaml")):
            values = yaml.safe_load(body)
            if isinstance(values, dict) and set(values) <= set(Settings.model_fields):
                yield pytest.param(values, id=f"{page.stem}-{place}")


@pytest.mark.parametrize("values", settings_in_pages())
def test_every_configuration_that_is_shown_has_known_keys(values):
    assert unknown_keys(values, Settings) == []


def test_the_mix_that_is_added_stands_beside_the_seven_of_the_paper():
    (shown,) = [yaml.safe_load(block) for block in blocks(DOCS / "add-a-mix.md", "yaml") if "# mixes.yaml" in block]
    assert {*MixSettings().recipes, "NAT-HEAVY"} == shown["mixes"]["recipes"].keys()


def unknown_keys(values, model):
    """Return the keys that a model of settings does not have, below models as deep as they are plain sections."""
    fields = getattr(model, "model_fields", None)
    if fields is None or not isinstance(values, dict):
        return []
    found = [key for key in values if key not in fields]
    for key, value in values.items():
        if key in fields:
            found += [f"{key}.{name}" for name in unknown_keys(value, fields[key].annotation)]
    return found
