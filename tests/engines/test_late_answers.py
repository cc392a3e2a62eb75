"""A client may be answered late: the calls of its order go on once its message is accepted."""

from __future__ import annotations

import pytest

from sagacheck.checks import Verdict
from sagacheck.engines import AnswerKind
from tests.engines.conftest import Play
from tests.engines.test_attempts_under_way import both_engines, on_engine
from tests.mutants._saga import saga
from tests.mutants.correct_variants import AnswersOnceUndone

CANCELLED = """
scenario: a cancel is answered when everything is undone
why: the call during which it comes must not wait for the answer
orders: [{{id: o1}}]
events: [{{cancel: o1, by: update, when: {{{moment}: payments.charge}}}}]
expect:
  o1: {{status: failed, error: OrderCancelled}}
  calls: {{payments.charge: 1, payments.refund: 1, inventory.release: 1}}
"""


@pytest.mark.asyncio
@both_engines
@pytest.mark.parametrize("moment", ["before", "during", "after"])
async def test_a_late_answer_holds_no_call(play: Play, engine: str, moment: str) -> None:
    """No attempt times out, hardly any time passes, and the client is answered in the end."""
    text = CANCELLED.format(moment=moment)
    result = await on_engine(engine, play, text, saga(AnswersOnceUndone))

    (event,) = result.trial.events
    assert (result.verdict, result.unmet) == (Verdict.VALID, ())
    assert event.answer is not None
    assert event.answer.kind is AnswerKind.GRANTED
    assert result.trial.world.clock.now() < 60
    assert {str(attempt.outcome) for attempt in result.trial.world.journal} == {"ok"}
