"""The language of scenarios: what a file may say, why it may not, and what it means.

`ScenarioFile` is the file as written, a pydantic model; `explain` turns what pydantic finds wrong
with one into problems for people; `build` makes of a right one the `Scenario`
that is played. Which operations there are and how an order is written depends on the saga: that is
its `Dialect`.
"""

from sagacheck.language.anomalies import THEMES, Anomaly
from sagacheck.language.anomaly_table import ANOMALIES, OF_SAGAS
from sagacheck.language.dialect import Dialect
from sagacheck.language.loader import find, load, load_file, load_text
from sagacheck.language.model.arguments import ARGUMENTS
from sagacheck.language.model.constraints import Among, Filled
from sagacheck.language.model.given import Given, GivenWords, ProviderGiven
from sagacheck.language.model.orders import OrderWords, WrittenOrder
from sagacheck.language.model.problems import nearest, problem
from sagacheck.language.model.references import Messages, StockedSku, declared, mappings
from sagacheck.language.model.vocabulary import (
    DURATION_SCHEMA,
    PRICE_SCHEMA,
    Identifier,
    PositiveNumber,
    Price,
)
from sagacheck.language.model.written import Written
from sagacheck.language.plain_orders import plain_orders
from sagacheck.language.scenario import (
    AnyOrder,
    CancelBy,
    Event,
    EventKind,
    Expectations,
    FaultSpec,
    Message,
    OrderExpectation,
    Place,
    Retries,
    Scenario,
    StartOptions,
    When,
    WorldTurn,
)
from sagacheck.language.schema import SCHEMA_FILE, json_schema, schema_text
from sagacheck.language.skeleton import SKELETON
from sagacheck.language.writer import as_yaml
from sagacheck.language.yaml.scalars import resolved
from sagacheck.language.yaml.text import Block, BlockList, yaml_text

__all__ = [
    "ANOMALIES",
    "ARGUMENTS",
    "DURATION_SCHEMA",
    "OF_SAGAS",
    "PRICE_SCHEMA",
    "SCHEMA_FILE",
    "SKELETON",
    "THEMES",
    "Among",
    "Anomaly",
    "AnyOrder",
    "Block",
    "BlockList",
    "CancelBy",
    "Dialect",
    "Event",
    "EventKind",
    "Expectations",
    "FaultSpec",
    "Filled",
    "Given",
    "GivenWords",
    "Identifier",
    "Message",
    "Messages",
    "OrderExpectation",
    "OrderWords",
    "Place",
    "PositiveNumber",
    "Price",
    "ProviderGiven",
    "Retries",
    "Scenario",
    "StartOptions",
    "StockedSku",
    "When",
    "WorldTurn",
    "Written",
    "WrittenOrder",
    "as_yaml",
    "declared",
    "find",
    "json_schema",
    "load",
    "load_file",
    "load_text",
    "mappings",
    "nearest",
    "plain_orders",
    "problem",
    "resolved",
    "schema_text",
    "yaml_text",
]
