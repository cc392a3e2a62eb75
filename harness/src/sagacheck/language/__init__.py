"""The language of scenarios: what a file may say, why it may not, and what it means.

`ScenarioFile` is the file as written, a pydantic model; `explain` turns what pydantic finds wrong
with one into problems for people; `build` makes of a right one the `scenarios.scenario.Scenario`
that is played. Which operations there are and how an order is written depends on the saga: that is
its `Dialect`."""

from sagacheck.language.anomalies import ANOMALIES, OF_SAGAS, THEMES, Anomaly
from sagacheck.language.dialect import ORDERS_OF_GOODS, Dialect
from sagacheck.language.loader import load, load_file, load_text
from sagacheck.language.model.arguments import ARGUMENTS
from sagacheck.language.model.given import Given, GivenWords
from sagacheck.language.model.orders import OrderEntry, OrderWords
from sagacheck.language.model.references import StockedSku
from sagacheck.language.model.rules import nearest
from sagacheck.language.model.vocabulary import DURATION_SCHEMA, PRICE_SCHEMA
from sagacheck.language.scenario import (
    DEFAULT_ADDRESS,
    DEFAULT_CUSTOMER,
    DEFAULT_ITEM,
    DEFAULT_PAYMENT_METHOD,
    AnyOrder,
    CancelBy,
    Event,
    EventKind,
    Expectations,
    FaultSpec,
    Order,
    OrderExpectation,
    OrderItem,
    Place,
    Scenario,
    When,
    WorldTurn,
)
from sagacheck.language.schema import SCHEMA_FILE, json_schema, schema_text
from sagacheck.language.writer import as_yaml
from sagacheck.language.yaml.scalars import resolved
from sagacheck.language.yaml.text import Block, BlockList, yaml_text

__all__ = [
    "ANOMALIES",
    "ARGUMENTS",
    "Anomaly",
    "AnyOrder",
    "Block",
    "BlockList",
    "CancelBy",
    "DEFAULT_ADDRESS",
    "DEFAULT_CUSTOMER",
    "DEFAULT_ITEM",
    "DEFAULT_PAYMENT_METHOD",
    "DURATION_SCHEMA",
    "Dialect",
    "Event",
    "EventKind",
    "Expectations",
    "FaultSpec",
    "Given",
    "GivenWords",
    "OF_SAGAS",
    "ORDERS_OF_GOODS",
    "Order",
    "OrderEntry",
    "OrderExpectation",
    "OrderItem",
    "OrderWords",
    "PRICE_SCHEMA",
    "Place",
    "SCHEMA_FILE",
    "Scenario",
    "StockedSku",
    "THEMES",
    "When",
    "WorldTurn",
    "as_yaml",
    "json_schema",
    "load",
    "load_file",
    "load_text",
    "nearest",
    "resolved",
    "schema_text",
    "yaml_text",
]
