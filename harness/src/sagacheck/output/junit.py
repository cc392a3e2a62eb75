"""Results as JUnit XML, in the form that both GitHub's and GitLab's viewers understand.

They agree on little: ``testsuites`` at the top, a suite for each group, and in each case its name,
class, file and time, one ``failure`` or ``error`` with its text, and ``system-out``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree as ET

from sagacheck.checks import Verdict
from sagacheck.output.failure_lines import failure_lines
from sagacheck.result_files import write_text
from sagacheck.run import Listener, RunResult, ScenarioResult

_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class JUnitFile(Listener):
    """Writes the results of a run as JUnit XML.

    Args:
        file: Where they go.
    """

    def __init__(self, file: Path) -> None:
        self._file = file

    def run_finished(self, run: RunResult) -> None:
        """Write them."""
        write_text(self._file, junit_xml(run.results))


def junit_xml(results: Sequence[ScenarioResult]) -> str:
    """A suite for each engine and folder, a case for each scenario.

    Invalid is a failure, unknown is an error.
    """
    root = ET.Element("testsuites", {"name": "scenarios", **_counts(results)})
    for (engine, theme), group in _suites(results).items():
        name = f"{engine}: {theme}" if theme else engine
        suite = ET.SubElement(root, "testsuite", {"name": _legal(name), **_counts(group)})
        suite.set("timestamp", f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S}")
        suite.extend(_case(result) for result in group)
    ET.indent(root)
    # As bytes first: the declaration of a "unicode" text names whatever encoding the locale has.
    document: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return document.decode() + "\n"


def _suites(
    results: Iterable[ScenarioResult],
) -> dict[tuple[str, str], list[ScenarioResult]]:
    suites: dict[tuple[str, str], list[ScenarioResult]] = {}
    for result in results:
        suites.setdefault((result.engine, result.theme), []).append(result)
    return suites


def _counts(results: Sequence[ScenarioResult]) -> dict[str, str]:
    return {
        "tests": str(len(results)),
        "failures": str(sum(result.verdict is Verdict.INVALID for result in results)),
        "errors": str(sum(result.verdict is Verdict.UNKNOWN for result in results)),
        "skipped": "0",
        "time": f"{sum(result.seconds for result in results):.3f}",
    }


def _case(result: ScenarioResult) -> ET.Element:
    case = ET.Element(
        "testcase",
        # GitLab compares cases by class and name alone, so that both together must be unique.
        classname=_legal(".".join(filter(None, (result.engine, result.theme)))),
        name=_legal(result.scenario.name),
        file=_legal(result.scenario.file),
        line=str(result.scenario.place.line),
        time=f"{result.seconds:.3f}",
    )
    if result.verdict is not Verdict.VALID:
        tag = "failure" if result.verdict is Verdict.INVALID else "error"
        what = failure_lines(result)
        element = ET.SubElement(case, tag, message=_legal(what[0]), type=str(result.verdict))
        element.text = _legal("\n".join(what))
        ET.SubElement(case, "system-out").text = _legal(_story(result))
    return case


def _story(result: ScenarioResult) -> str:
    """What happened, for people who see only the viewer: where, why, and each attempt in a line."""
    scenario = result.scenario
    attempts = (
        f"{each.sent_at:9.1f} s  {each.order}  {each.activity or 'caller'} -> {each.operation} "
        f"(call {each.call}): {each.outcome}"
        + (f" {each.status}" if each.status is not None else f" {each.error}")
        + (f" [{each.fault}]" if each.fault else "")
        for each in result.trial.world.journal
    )
    return "\n".join([result.place, f"why: {scenario.why}", "", *attempts])


def _legal(text: str) -> str:
    """`text` without the characters that XML has no way to write."""
    return _NOT_IN_XML.sub("\ufffd", text)
