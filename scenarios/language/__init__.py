"""The language of scenarios: what a file may say, why it may not, and what it means.

`ScenarioFile` is the file as written, a pydantic model; `explain` turns what pydantic finds wrong
with one into problems for people; `build` makes of a right one the `scenarios.scenario.Scenario`
that is played.
"""

from scenarios.language.build import build
from scenarios.language.explain import explain
from scenarios.language.file import ScenarioFile

__all__ = ["ScenarioFile", "build", "explain"]
