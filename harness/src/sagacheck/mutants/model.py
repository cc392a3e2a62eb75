"""A zoo of bugs: sagas with one known bug each, and correct ones that differ from ours."""

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
    """A correct saga that does things in another way. No invariant may be broken by it.

    What the scenarios of the catalogue expect beyond the invariants may be specific to the saga
    that they were written for, and is not asked of a variant.

    Attributes:
        name: How reports call it.
        why: Why it is as good as any other.
        saga: The saga.
    """

    name: str
    why: str
    saga: SagaUnderTest


@dataclass(frozen=True, kw_only=True)
class Mutant:
    """A saga with one bug, in its own code or in the services that it talks to.

    Attributes:
        name: How reports call it: what it does wrong.
        anomaly: The anomaly that it suffers, by its id, such as B1.
        also: Other anomalies that it suffers too.
        why: What comes of it, in one line.
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
        """All that it suffers."""
        return (self.anomaly, *self.also)


Specimen = Mutant | Variant


@dataclass(frozen=True)
class Zoo:
    """Known-bad sagas, and correct ones.

    Raises:
        ValueError: A name stands twice, an anomaly is none, or a mutant breaks nothing.
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
