"""How scenarios write a trip."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ConfigDict, Field

from sagacheck.language import OrderWords, StockedSku


class TripWords(OrderWords):
    """A trip that a traveller books."""

    model_config = ConfigDict(validate_default=True)

    traveller: str = Field("ada", description="Who travels.", examples=["grace"])
    room: StockedSku = Field("ROOM", description="Which room, of the stock.", examples=["SUITE"])
    seat: StockedSku = Field("SEAT", description="Which seat.", examples=["WINDOW-SEAT"])
    car: StockedSku = Field("CAR", description="Which car.", examples=["VAN"])

    def as_input(self) -> dict[str, Any]:
        """The trip as it goes into the saga."""
        return {"trip_id": self.id, **self.model_dump(exclude={"id"})}

    def lines(self) -> Mapping[str, int]:
        """One place of each kind."""
        return {self.room: 1, self.seat: 1, self.car: 1}

    @classmethod
    def skus_in(cls, data: Mapping[str, Any]) -> Iterator[Any]:
        """The places that a trip names, or has by default."""
        for name in ("room", "seat", "car"):
            yield data.get(name, cls.model_fields[name].default)
