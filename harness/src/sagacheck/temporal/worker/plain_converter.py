"""Whether a data converter is no more than its payload converter."""

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

    Such a converter has no codec and no external storage, and none of its parts depends on what a
    value is for: ``with_context`` of the SDK's converters returns the converter itself then.
    """
    if _known.get(id(converter)) is converter:
        return True
    if converter.payload_codec or converter.external_storage:
        return False
    if converter.with_context(_ANY_CONTEXT) is not converter:
        return False
    _known[id(converter)] = converter
    return True
