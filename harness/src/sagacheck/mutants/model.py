"""A zoo: mutants, sagas with one known bug each, and variants, correct sagas unlike ours."""

from __future__ import annotations

from dataclasses import dataclass

from sagacheck.checks import INVARIANTS
from sagacheck.language import OF_SAGAS
from sagacheck.saga import SagaUnderTest

EXPECTATION = "expect"
"""Stands beside the invariants, for a bug that leaves the ledger right: only what a scenario
expects shows it, so only the catalogue finds it."""


@dataclass(frozen=True, kw_only=True)
class Variant:
    """A correct saga with another design, which must break no invariant.

    What the scenarios of the catalogue expect beyond the invariants may be specific to the saga
    that they were written for, and is not asked of a variant: what a terminated order may leave,
    and that an order whose workflow gets a deadline is through before it.

    Attributes:
        name: Its name in reports.
        why: Why it is correct.
        saga: The saga.
    """

    name: str
    why: str
    saga: SagaUnderTest


@dataclass(frozen=True, kw_only=True)
class Mutant:
    """A saga with one bug, in its own code or in the services that it talks to.

    Attributes:
        name: Its name in reports: what it does wrong.
        anomaly: Its anomaly, by the id, such as B1.
        also: Its other anomalies.
        why: What it causes, in one line.
        saga: The saga; without the bug it would meet all that the catalogue expects.
        breaks: What a finder must see broken: ids of invariants, or `EXPECTATION`.
    """

    name: str
    anomaly: str
    why: str
    saga: SagaUnderTest
    breaks: frozenset[str]
    also: tuple[str, ...] = ()

    @property
    def anomalies(self) -> tuple[str, ...]:
        """All its anomalies."""
        return (self.anomaly, *self.also)


Specimen = Mutant | Variant


@dataclass(frozen=True)
class Zoo:
    """Known-bad sagas, and correct ones.

    Raises:
        ValueError: A duplicate name, an unknown anomaly, or a mutant that breaks nothing.
    """

    mutants: tuple[Mutant, ...]
    variants: tuple[Variant, ...] = ()

    def __post_init__(self) -> None:
        names = [specimen.name for specimen in self.specimens]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            msg = f"each specimen of a zoo needs its own name; {', '.join(twice)} occurs twice"
            raise ValueError(msg)
        for mutant in self.mutants:
            for anomaly in mutant.anomalies:
                if anomaly not in OF_SAGAS:
                    msg = f"{mutant.name} has the anomaly {anomaly!r}; write an id such as B1"
                    raise ValueError(msg)
            unknown = sorted(mutant.breaks - INVARIANTS.keys() - {EXPECTATION})
            if unknown or not mutant.breaks:
                known = f"some of {', '.join([*INVARIANTS, EXPECTATION])}"
                msg = f"{mutant.name} breaks {', '.join(unknown) or 'nothing'}; it must be {known}"
                raise ValueError(msg)

    @property
    def specimens(self) -> tuple[Specimen, ...]:
        """All of them, the mutants first."""
        return (*self.mutants, *self.variants)
