"""Whether there is more to a data converter than its payload converter."""

from __future__ import annotations

from weakref import WeakValueDictionary

from temporalio.converter import ActivitySerializationContext, DataConverter

_ANY_CONTEXT = ActivitySerializationContext(
    namespace="",
    workflow_id="",
    workflow_type="",
    activity_type="",
    activity_id="",
    activity_task_queue="",
    is_local=False,
)
_known: WeakValueDictionary[int, DataConverter] = WeakValueDictionary()


def is_plain(converter: DataConverter) -> bool:
    """Whether values become payloads by its payload converter alone.

    It has no codec then, no store, and no part that wants to know what a value is for: the SDK's
    converters give themselves back where no part of them takes a context.
    """
    if _known.get(id(converter)) is converter:
        return True
    if converter.payload_codec or converter.external_storage:
        return False
    if converter.with_context(_ANY_CONTEXT) is not converter:
        return False
    _known[id(converter)] = converter
    return True
