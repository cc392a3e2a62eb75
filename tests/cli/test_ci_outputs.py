"""What CI systems read: JSON with a schema, JUnit XML, GitHub's annotations."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import jsonschema
import pytest
from click.testing import Result

from tests.cli._commands import INVALID, UNKNOWN, VALID, command, configure, write

AWKWARD = INVALID.replace("it ends otherwise than expected, which", '"100%: one, two')
AWKWARD = AWKWARD.replace("room for", 'room for"')


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Scenarios of two themes."""
    root = tmp_path_factory.mktemp("ci")
    configure(root)
    for theme in ("shop", "bank"):
        (root / theme).mkdir()
    write(root / "shop", a=VALID, b=AWKWARD)
    write(root / "bank", c=UNKNOWN)
    return root


@pytest.fixture(scope="module")
def environment() -> Iterator[pytest.MonkeyPatch]:
    """For the whole module: where the command runs, and as what."""
    with pytest.MonkeyPatch.context() as patch:
        yield patch


@pytest.fixture(scope="module")
def ran(folder: Path, environment: pytest.MonkeyPatch) -> Result:
    """One run in a step of a GitHub workflow, whose checkout is the folder above."""
    environment.chdir(folder)
    environment.setenv("GITHUB_ACTIONS", "true")
    environment.setenv("GITHUB_WORKSPACE", str(folder.parent))
    return command("run", "shop", "bank", "--json", "out.json", "--junit", "out.xml")


@pytest.fixture(scope="module")
def results(ran: Result, folder: Path) -> Any:
    """What ``--json`` wrote."""
    return json.loads((folder / "out.json").read_text())


@pytest.fixture(scope="module")
def schema() -> Any:
    """What ``schema --results`` prints."""
    return json.loads(command("schema", "--results").output)


def test_the_results_are_as_their_schema_says(results: Any, schema: Any) -> None:
    """Results with a valid, an invalid and an unknown scenario fit the schema that is printed."""
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(results, schema)

    assert {each["verdict"] for each in results["scenarios"]} == {"valid", "invalid", "unknown"}


@pytest.mark.parametrize(
    "spoil",
    [
        lambda results: results.update(more=1),
        lambda results: results.pop("verdict"),
        lambda results: results["scenarios"][0].update(verdict="good"),
        lambda results: results["scenarios"][1]["unmet"][0].update(line=0),
    ],
    ids=["a key more", "a key less", "another word", "no such line"],
)
def test_the_schema_refuses_anything_else(results: Any, schema: Any, spoil: Any) -> None:
    """A key more, a key less, another word, a line that cannot be: none of them fits."""
    other = json.loads(json.dumps(results))
    spoil(other)

    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(other, schema)


def test_every_key_of_the_results_is_explained(schema: Any) -> None:
    """The schema is the documentation: each key has a description and an example."""
    models = [schema, *schema["$defs"].values()]
    keys = [pair for model in models for pair in model.get("properties", {}).items()]

    assert len(keys) == 17
    assert [key for key, value in keys if not {"description", "examples"} <= set(value)] == []


def test_junit_has_a_suite_for_each_theme(ran: Result, folder: Path) -> None:
    """Invalid is a failure, unknown an error; numbers are there at every level."""
    root = ET.parse(folder / "out.xml").getroot()

    suites = [(each.get("name"), each.get("tests"), each.get("failures")) for each in root]
    assert (root.tag, root.get("tests"), root.get("failures"), root.get("errors")) == (
        *("testsuites", "3"),
        *("1", "1"),
    )
    assert suites == [("simulated: shop", "2", "1"), ("simulated: bank", "1", "0")]
    cases = {case.get("file"): case for case in root.iter("testcase")}
    assert [child.tag for child in cases["shop/a.yaml"]] == []
    assert [child.tag for child in cases["shop/b.yaml"]] == ["failure", "system-out"]
    assert [child.tag for child in cases["bank/c.yaml"]] == ["error", "system-out"]
    assert cases["bank/c.yaml"].get("name") == "the fault <never> fires"


def test_junit_tells_the_story(ran: Result, folder: Path) -> None:
    """Who sees only the viewer sees the attempts too."""
    root = ET.parse(folder / "out.xml").getroot()
    story = root.findtext(".//testcase[@file='shop/b.yaml']/system-out") or ""

    assert story.splitlines()[:2] == ["shop/b.yaml:1", "why: w"]
    assert "charge_payment -> payments.charge (call 1): ok 201" in story


def test_no_two_cases_are_the_same_to_a_viewer(ran: Result, folder: Path) -> None:
    """Class and name together are unique: by them GitLab compares branches."""
    root = ET.parse(folder / "out.xml").getroot()
    ids = [(case.get("classname"), case.get("name")) for case in root.iter("testcase")]

    assert len(set(ids)) == len(ids)


def test_github_shows_what_is_wrong_at_its_line(ran: Result, folder: Path) -> None:
    """An error for the invalid, a warning for the unknown; special characters are escaped."""
    commands = [line for line in ran.output.splitlines() if line.startswith("::")]

    error, warning = commands
    found = re.fullmatch(r"::error file=([^,]+),line=(\d+),title=([^,:]+)::(.*)", error)
    assert found is not None
    assert found[1] == f"{folder.name}/shop/b.yaml"
    assert found[2] == "1"
    assert found[3].startswith("invalid on simulated%3A 100%25%3A one%2C two")
    assert "expected o1 to end as failed, it ended as completed" in found[4]
    assert warning.startswith(f"::warning file={folder.name}/bank/c.yaml,line=1,title=unknown on")


def test_nobody_else_sees_annotations(folder: Path, environment: pytest.MonkeyPatch) -> None:
    """In a terminal they would be noise."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.delenv("GITHUB_ACTIONS", raising=False)
        output = command("run", "bank").output

    assert "::warning" not in output
