"""What workflow code changes of its run: search attributes, memo and patches."""

from __future__ import annotations

from typing import Any

import temporalio.bridge.proto.workflow_commands as commands_pb
from temporalio.api.common.v1 import Memo, Payloads, SearchAttributes
from temporalio.api.workflowservice.v1 import StartWorkflowExecutionRequest

from sagacheck.temporal.base.events import Event
from sagacheck.temporal.base.payloads import json_payload
from sagacheck.temporal.server.ports import OpenRun
from sagacheck.temporal.server.search_attributes import PATCH_ATTRIBUTE, KnownAttributes


class Properties:
    """The search attributes, the memo and the patches of one run.

    Attributes:
        memo: The memo.
        search_attributes: The search attributes.

    Args:
        run: The run.
        known: The search attributes that the service knows.
        request: The request that started the run.
    """

    def __init__(
        self, run: OpenRun, known: KnownAttributes, request: StartWorkflowExecutionRequest
    ) -> None:
        self._run = run
        self._known = known
        self.memo = Memo()
        self.memo.CopyFrom(request.memo)
        self.search_attributes = SearchAttributes()
        self.search_attributes.CopyFrom(request.search_attributes)
        self._patches: set[str] = set()

    def upsert_search_attributes(
        self, command: commands_pb.UpsertWorkflowSearchAttributes, completed: int
    ) -> Event:
        """Change search attributes."""
        return self._upsert(command.search_attributes, completed)

    def modify(self, command: commands_pb.ModifyWorkflowProperties, completed: int) -> Event:
        """Change the memo."""
        event = self._run.add_event(
            "workflow_properties_modified",
            upserted_memo=command.upserted_memo,
            workflow_task_completed_event_id=completed,
        )
        _merge(self.memo.fields, command.upserted_memo.fields)
        return event

    def set_patch_marker(self, command: commands_pb.SetPatchMarker, completed: int) -> Event:
        """Record that the code uses a patch.

        Core sends the marker and the search attribute of all patches together (its
        ``worker/workflow/machines/patch_state_machine.rs``).
        """
        data = json_payload({"id": command.patch_id, "deprecated": command.deprecated})
        event = self._run.add_event(
            "marker_recorded",
            marker_name="core_patch",
            details={"patch-data": Payloads(payloads=[data])},
            workflow_task_completed_event_id=completed,
        )
        self._patches.add(command.patch_id)
        attributes = SearchAttributes()
        attribute = attributes.indexed_fields[PATCH_ATTRIBUTE]
        attribute.CopyFrom(json_payload(sorted(self._patches)))
        attribute.metadata["type"] = b"KeywordList"
        self._upsert(attributes, completed)
        return event

    def _upsert(self, changes: SearchAttributes, completed: int) -> Event:
        changed = self._known.with_types(changes)
        event = self._run.add_event(
            "upsert_workflow_search_attributes",
            search_attributes=changed,
            workflow_task_completed_event_id=completed,
        )
        _merge(self.search_attributes.indexed_fields, changed.indexed_fields)
        return event


def _merge(fields: Any, changes: Any) -> None:
    """Merge changes as ``MergeMapOfPayload`` does: a null removes its field.

    See ``common/payload/payload.go``.
    """
    for name, payload in changes.items():
        if payload.metadata["encoding"] == b"binary/null":
            fields.pop(name, None)
        else:
            fields[name].CopyFrom(payload)
