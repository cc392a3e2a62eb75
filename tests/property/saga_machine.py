"""A state machine of all that customers, the network, the worker and the world may do to a saga."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from fakes import ORDER_OPERATIONS
from sagacheck.engines import SimulatedEngine
from sagacheck.language import CancelBy, EventKind
from sagacheck.language.build import DEFAULT_REASON
from sagacheck.network import FAULTS
from sagacheck.saga import SagaUnderTest
from sagacheck.world import Settings
from scenarios import SAGA
from tests.property.counterexamples import counterexample
from tests.property.judging import played, wrongs
from tests.property.live_trial import LiveTrial
from tests.property.strategies import ARTICLES, DELAYS, faults_of, orders, told_truly, worlds

MOST_ORDERS = 3
NETWORK_FAULTS = [kind for kind in FAULTS.values() if kind.name != "outage"]


class SagaMachine(RuleBasedStateMachine):
    """Places orders and does things to them, one at a time.

    Attributes:
        saga: The saga under test.
        reference: What ``--saga`` has to name; empty for our own saga.
    """

    saga: SagaUnderTest = SAGA
    reference = ""

    def __init__(self) -> None:
        super().__init__()
        self._is_healed = False
        self._has_failed = False

    @initialize(given=worlds(ARTICLES, may_store_errors=False))
    def begin(self, given: Settings) -> None:
        """A world begins."""
        self.live = LiveTrial(self.saga, given)

    # -- customers ------------------------------------------------------------------------------

    @precondition(lambda self: len(self.live.orders) < MOST_ORDERS)
    @rule(data=st.data())
    def place(self, data: st.DataObject) -> None:
        """A customer orders something."""
        self.live.place(data.draw(orders(f"o{len(self.live.orders) + 1}")))

    @precondition(lambda self: self.live.orders)
    @rule(data=st.data(), by=st.sampled_from([None, *CancelBy]))
    def cancel(self, data: st.DataObject, by: CancelBy | None) -> None:
        """A customer cancels: by signal, by update, or an operator cancels the workflow."""
        self.live.happen(EventKind.CANCEL, self._an_order(data), by=by, why=DEFAULT_REASON)

    @precondition(lambda self: self.live.orders)
    @rule(data=st.data())
    def submit_again(self, data: st.DataObject) -> None:
        """A customer clicks twice."""
        self.live.happen(EventKind.SUBMIT, self._an_order(data))

    @precondition(lambda self: self.live.orders)
    @rule(data=st.data())
    def query(self, data: st.DataObject) -> None:
        """A customer looks where the order is."""
        self.live.happen(EventKind.QUERY, self._an_order(data))

    # -- the network and the worker -------------------------------------------------------------

    @precondition(lambda self: self.live.held)
    @rule(data=st.data(), calls=st.integers(1, 4))
    def go_on(self, data: st.DataObject, calls: int) -> None:
        """Some calls are sent."""
        for _ in range(calls):
            if self.live.held:
                self.live.let_through(data.draw(st.sampled_from(self.live.held)))

    @precondition(lambda self: self.live.held)
    @rule(data=st.data())
    def fault(self, data: st.DataObject) -> None:
        """A call is sent, and suffers a fault."""
        attempt = data.draw(st.sampled_from(self.live.held))
        operation = ORDER_OPERATIONS[attempt.operation]
        fitting = [kind for kind in NETWORK_FAULTS if kind.fits(operation)]
        fault = told_truly(data.draw(st.sampled_from(fitting).flatmap(faults_of)), [operation])
        self.live.strike(attempt, fault)
        self.live.let_through(attempt)

    @precondition(lambda self: self.live.orders)
    @rule()
    def crash(self) -> None:
        """The worker dies, and another one takes over what it finds in the histories."""
        self.live.crash()

    @precondition(lambda self: self.live.trial.faults and not self._is_healed)
    @rule()
    def heal(self) -> None:
        """From now on nothing fails."""
        self.live.happen(EventKind.HEAL)
        self._is_healed = True

    # -- the world ------------------------------------------------------------------------------

    @rule()
    def ship(self) -> None:
        """The carrier comes."""
        self.live.collect_parcels()

    @precondition(lambda self: not self.live.held)
    @rule(seconds=DELAYS)
    def pass_time(self, seconds: float) -> None:
        """Time passes; nothing is under way but the wait for it."""
        self.live.pass_time(seconds)

    # -- what must be ---------------------------------------------------------------------------

    @invariant()
    def nothing_is_wrong_so_far(self) -> None:
        """What must be at any time is."""
        self._report(self.live.wrongs())

    def teardown(self) -> None:
        """All comes to its end, and everything that was promised is so."""
        if not hasattr(self, "live"):
            return
        try:
            if not self._has_failed:
                self.live.finish()
                self._report(wrongs(self.live.trial))
        finally:
            self.live.close()

    def _an_order(self, data: st.DataObject) -> str:
        order: str = data.draw(st.sampled_from(self.live.orders))
        return order

    def _report(self, found: list[str]) -> None:
        """Fail, with a scenario if one shows the same; the rules' own order says more than a file.

        Raises:
            CounterexampleError: Something is wrong, and as a scenario it is too.
            AssertionError: Something is wrong in this very order of things only.
        """
        if not found:
            return
        self._has_failed = True
        story = self.live.trial.scenario
        again = played(story, SimulatedEngine(self.saga), self.saga)
        as_story = wrongs(again)
        if as_story:
            raise counterexample(again, as_story, found_by="the state machine", saga=self.reference)
        msg = "\n".join([*found, "no scenario shows it: it takes this very order of things"])
        raise AssertionError(msg)
