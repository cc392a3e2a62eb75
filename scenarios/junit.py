"""Results as JUnit XML, which CI systems show."""

from __future__ import annotations

import re
from collections.abc import Sequence
from xml.etree import ElementTree as ET

from scenarios.runner import ScenarioResult
from scenarios.verdict import Verdict, Violation

_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit_xml(results: Sequence[ScenarioResult]) -> str:
    """A test case for each scenario; invalid is a failure, unknown is an error."""
    suite = ET.Element(
        "testsuite",
        name="scenarios",
        tests=str(len(results)),
        failures=str(sum(result.verdict is Verdict.INVALID for result in results)),
        errors=str(sum(result.verdict is Verdict.UNKNOWN for result in results)),
        time=f"{sum(result.seconds for result in results):.3f}",
    )
    for result in results:
        suite.append(_case(result))
    ET.indent(suite)
    # As bytes first: the declaration of a "unicode" text names whatever encoding the locale has.
    document: bytes = ET.tostring(suite, encoding="utf-8", xml_declaration=True)
    return document.decode() + "\n"


def _case(result: ScenarioResult) -> ET.Element:
    case = ET.Element(
        "testcase",
        classname=result.engine,
        name=result.scenario.name,
        file=result.scenario.file,
        line=str(result.scenario.place.line),
        time=f"{result.seconds:.3f}",
    )
    if result.verdict is not Verdict.VALID:
        tag = "failure" if result.verdict is Verdict.INVALID else "error"
        what = findings_of(result)
        element = ET.SubElement(case, tag, message=_legal(what[0]), type=str(result.verdict))
        element.text = _legal("\n".join(what))
    return case


def _legal(text: str) -> str:
    """`text` without the characters that XML has no way to write."""
    return _NOT_IN_XML.sub("\ufffd", text)


def findings_of(result: ScenarioResult) -> list[str]:
    """All that is wrong with a result, a line each, the violations first."""
    return [
        *(_violation_line(violation) for violation in result.violations),
        *(_unmet_line(result, unmet.detail, unmet.line) for unmet in result.unmet),
    ]


def _violation_line(violation: Violation) -> str:
    at = "" if violation.at is None else f" at {violation.at:.1f} s"
    return f"{violation.invariant}{at}: {violation.detail}"


def _unmet_line(result: ScenarioResult, detail: str, line: int | None) -> str:
    place = f"{result.scenario.file}:{line}: " if line else ""
    return f"{place}{detail}"
