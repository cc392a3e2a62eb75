"""The language of scenarios: what a file may say, why it may not, and what it means.

`ScenarioFile` is the file as written, a pydantic model; `explain` turns what pydantic finds wrong
with one into problems for people; `build` makes of a right one the `scenarios.scenario.Scenario`
that is played. Which operations there are and how an order is written depends on the saga: that is
its `Dialect`.
"""

from scenarios.language.build import build
from scenarios.language.dialect import ORDERS_OF_GOODS, Dialect
from scenarios.language.explain import explain
from scenarios.language.file import ScenarioFile
from scenarios.language.given import GivenWords
from scenarios.language.orders import OrderWords
from scenarios.language.references import StockedSku
from scenarios.language.vocabulary import PositiveNumber, Price

__all__ = [
    "ORDERS_OF_GOODS",
    "Dialect",
    "GivenWords",
    "OrderWords",
    "PositiveNumber",
    "Price",
    "ScenarioFile",
    "StockedSku",
    "build",
    "explain",
]
