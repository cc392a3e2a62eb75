"""The search attributes that a saga sets, on a Temporal server."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import (
    AddSearchAttributesRequest,
    ListSearchAttributesRequest,
)
from temporalio.client import Client
from temporalio.common import SearchAttributeKey
from temporalio.service import RPCError

from sagacheck.errors import EngineStartError


async def add_search_attributes(client: Client, keys: Sequence[SearchAttributeKey[Any]]) -> None:
    """Add those that the client's namespace lacks; a server that has them all is left as it is.

    Raises:
        EngineStartError: The namespace has one with another type, or the server refuses to add it.
    """
    if not keys:
        return
    try:
        known = await _known(client)
        missing = {each.name: _type(each) for each in keys if each.name not in known}
        if missing:
            request = AddSearchAttributesRequest(
                namespace=client.namespace, search_attributes=missing
            )
            await client.operator_service.add_search_attributes(request)
    except RPCError as error:
        names = ", ".join(each.name for each in keys)
        msg = f"the Temporal server refused to add the search attributes {names}: {error}"
        raise EngineStartError(msg) from error
    # The server says nothing when one is added that it has with another type.
    for each in keys:
        if known.get(each.name, _type(each)) != _type(each):
            there = IndexedValueType.Name(known[each.name]).rpartition("TYPE_")[2]
            msg = (
                f"the Temporal server has the search attribute {each.name} as {there}, "
                f"and the saga as {each.indexed_value_type.name}"
            )
            raise EngineStartError(msg)


async def _known(client: Client) -> dict[str, IndexedValueType.ValueType]:
    request = ListSearchAttributesRequest(namespace=client.namespace)
    listed = await client.operator_service.list_search_attributes(request)
    return {**listed.custom_attributes, **listed.system_attributes}


def _type(key: SearchAttributeKey[Any]) -> IndexedValueType.ValueType:
    return IndexedValueType.ValueType(key.indexed_value_type)
