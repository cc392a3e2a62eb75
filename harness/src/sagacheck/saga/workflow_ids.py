"""The ids of the workflows of orders."""

from __future__ import annotations

from string import Formatter

AN_ID = "order-{order_id}"
"""How they are made, if a saga under test does not say otherwise."""


def check_workflow_id(text: str) -> None:
    """Check that one id can be made of `text` for each order.

    Raises:
        ValueError: It cannot.
    """
    try:
        fields = [name for _, name, _, _ in Formatter().parse(text) if name is not None]
    except ValueError as error:
        msg = f"workflow_id {text!r} cannot be read: {error}; write a text such as {AN_ID!r}"
        raise ValueError(msg) from None
    unknown = [f"{{{name}}}" for name in fields if name != "order_id"]
    if unknown:
        msg = (
            f"workflow_id {text!r} has {' and '.join(unknown)}, and may have {{order_id}} only, "
            f"as in {AN_ID!r}: an order has one workflow, however often it is submitted. "
            "For a click that starts another workflow write `submit:` with `as: new-id`"
        )
        raise ValueError(msg)
    if not fields:
        msg = f"workflow_id {text!r} has no {{order_id}}: two orders would have one workflow"
        raise ValueError(msg)


def order_in(workflow_id: str, template: str) -> str:
    """The order whose workflow, or a child of it, has an id.

    Args:
        workflow_id: The id; that of a child begins with its parent's and a slash.
        template: The ids of orders' workflows, with ``{order_id}`` in it.
    """
    before, _, after = template.partition("{order_id}")
    return workflow_id.partition("/")[0].removeprefix(before).removesuffix(after)
