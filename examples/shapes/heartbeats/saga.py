"""The saga under test."""

from dataclasses import replace

from heartbeats.activities import hand_to_carrier, pack_parcel, unpack_parcel
from heartbeats.workflow import ShipmentWorkflow, TakesSilenceForFailure
from sagacheck import SagaUnderTest, effect

SAGA = SagaUnderTest(
    workflow=ShipmentWorkflow,
    activities=[
        # The warehouse packs nothing that it was asked to unpack: tombstones=True.
        effect(pack_parcel, "box.pack", undo="box.unpack", key=lambda o, _: o, tombstones=True),
        effect(unpack_parcel, "box.unpack", key=lambda order_id: order_id),
        effect(hand_to_carrier, "carrier.take", key=lambda order_id: order_id),
    ],
    arguments=lambda order: [order.id, 4],
)

BUGGY = replace(SAGA, workflow=TakesSilenceForFailure)
