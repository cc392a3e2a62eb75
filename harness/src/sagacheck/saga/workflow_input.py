"""Whether a workflow can take what is sent to it; the SDK says "Failed decoding arguments"."""

from __future__ import annotations

import inspect
import json
from collections.abc import Sequence
from typing import Any

from temporalio.converter import PayloadConverter

from sagacheck.temporal import workflow_definition

REMEDY = (
    "SagaUnderTest.arguments says what is sent: a function from an order to the positional "
    "arguments; without it one mapping is sent, which as_input() of the class in orders= makes"
)


def input_problem(workflow: type, converter: PayloadConverter, arguments: Sequence[Any]) -> str:
    """Why a workflow cannot take these arguments; empty where it can.

    Args:
        workflow: The workflow class.
        converter: Makes payloads of the arguments, and of payloads what the workflow expects.
        arguments: The arguments.
    """
    definition = workflow_definition(workflow)
    expected = inspect.signature(definition.run_fn)
    try:
        expected.bind(None, *arguments)
        payloads = converter.to_payloads(arguments)
        types = definition.arg_types
        converter.from_payloads(payloads, types if types and len(types) == len(payloads) else None)
    except Exception as error:  # noqa: BLE001 - a converter may raise anything
        parameters = [str(each) for each in [*expected.parameters.values()][1:]]
        takes = f"{workflow.__name__}.{definition.run_fn.__name__}({', '.join(parameters)})"
        return (
            f"the workflow cannot take what it is sent: {_sent(arguments)}; it expects {takes}: "
            f"{type(error).__name__}: {error}. {REMEDY}"
        )
    return ""


def _sent(arguments: Sequence[Any]) -> str:
    try:
        return json.dumps([*arguments])[1:-1] or "no argument"
    except (TypeError, ValueError):
        return ", ".join(map(repr, arguments))
