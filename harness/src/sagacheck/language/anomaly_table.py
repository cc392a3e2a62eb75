"""The table of anomalies: what goes wrong in order sagas. The ids are stable.

It is Python and no data file because every run needs the ids: to parse a file takes longer.
"""

from __future__ import annotations

from collections.abc import Mapping

from sagacheck.language.anomalies import Anomaly

ANOMALIES: Mapping[str, Anomaly] = {
    # -- A: requests and replies -------------------------------------------------------------------
    "A1": Anomaly(
        name="Lost request",
        means="a call never arrives; its caller sees a timeout, and nothing has happened",
    ),
    "A2": Anomaly(
        name="Ambiguous outcome",
        means="a call takes effect and its caller gets an error, or no reply",
    ),
    "A3": Anomaly(
        name="Zombie request",
        means="a step's request arrives after the step was undone",
    ),
    "A4": Anomaly(
        name="Undo of nothing",
        means=(
            "an undo arrives for a step that never happened: it must succeed, change nothing, and "
            "block the step if it arrives later"
        ),
    ),
    "A5": Anomaly(
        name="Barrier race",
        means=(
            "a step and its undo overlap in the service; a check that is not atomic with the write"
            " lets both succeed"
        ),
    ),
    "A6": Anomaly(
        name="Duplicate delivery",
        means="one request arrives more than once",
    ),
    "A7": Anomaly(
        name="Stale request",
        means=(
            "the request of an earlier attempt arrives after later ones, after later steps, or "
            "after the undo"
        ),
    ),
    "A8": Anomaly(
        name="In-flight conflict misread",
        means="the answer that the first request is still under way is taken for a refusal",
    ),
    "A9": Anomaly(
        name="Poisoned key",
        means="the service answers each retry with the error that it has stored for the key",
    ),
    "A10": Anomaly(
        name="Key expiry",
        means="a request is repeated after its key has expired, and takes effect again",
    ),
    "A11": Anomaly(
        name="Key with another payload",
        means="a retry sends the same key with another body",
    ),
    "A12": Anomaly(
        name="Key too narrow",
        means=(
            "the key changes with the attempt, the run or the process, so that a retry is a new "
            "request"
        ),
    ),
    "A13": Anomaly(
        name="Key too broad",
        means="an order that was undone is placed again, and its service repeats the old success",
    ),
    "A14": Anomaly(
        name="Key collision",
        means="two orders or two steps share a key, and one gets the other's effect",
    ),
    "A15": Anomaly(
        name="Unreadable success",
        means="the effect is there, but the reply is cut off, empty, or no JSON",
    ),
    "A16": Anomaly(
        name="Lost handle",
        means="an undo needs an id from a reply that was lost",
    ),
    "A17": Anomaly(
        name="Misclassified error",
        means="a refusal is retried for ever, or a transient error ends the order",
    ),
    "A18": Anomaly(
        name="Retry storm",
        means="Retry-After is ignored, or pauses do not grow",
    ),
    "A19": Anomaly(
        name="Reconciled by a stale read",
        means=(
            "after a timeout the saga looks for the effect, finds none, and repeats the step with "
            "a new key; then the first request arrives"
        ),
    ),
    "A20": Anomaly(
        name="Data of another order",
        means=(
            "a request carries the customer, card, address, amount or tracking number of another "
            "order"
        ),
    ),
    "A21": Anomaly(
        name="Forgotten by retention",
        means=(
            "Temporal and the services have forgotten an id, and placing it again charges and "
            "ships a second time"
        ),
        tests=(
            "tests/engines/test_placed_again.py::test_an_order_that_is_forgotten_is_charged_twice",
        ),
        invariants=(
            "I4",
            "I13",
        ),
    ),
    # -- B: orchestration --------------------------------------------------------------------------
    "B1": Anomaly(
        name="Compensation registered after its step",
        means=(
            "a step that fails or is cancelled between its effect and the registration is never "
            "undone"
        ),
    ),
    "B2": Anomaly(
        name="Failed step not undone",
        means=(
            "only the steps that succeeded are undone, though the failed one may have had its "
            "effect"
        ),
    ),
    "B3": Anomaly(
        name="Undo in the wrong order",
        means="a step is undone before the steps that depend on it",
    ),
    "B4": Anomaly(
        name="Dependent undos in parallel",
        means="undos of which one needs the outcome of the other run at the same time",
    ),
    "B5": Anomaly(
        name="Failed undo swallowed",
        means="an undo fails for good, and the failure is not reported",
    ),
    "B6": Anomaly(
        name="Undo retried without end",
        means=(
            "an undo that cannot succeed is retried for ever, or its failure is reported without "
            "what is left to do"
        ),
    ),
    "B7": Anomaly(
        name="One failed undo ends the rollback",
        means="the steps after it are not undone either",
    ),
    "B8": Anomaly(
        name="Rollback interrupted",
        means="a second cancellation ends the rollback that the first one began",
    ),
    "B9": Anomaly(
        name="Cancellation is no Exception",
        means="`except Exception` does not catch CancelledError, so the rollback never starts",
    ),
    "B10": Anomaly(
        name="Cancellation swallowed",
        means="a cancellation is lost, ends the workflow without a rollback, or leaves it hanging",
    ),
    "B11": Anomaly(
        name="Cancellation beside a completion",
        means=(
            "a step's success and a cancellation reach the workflow at once, and one of them is "
            "lost"
        ),
    ),
    "B12": Anomaly(
        name="Cancelled after the pivot",
        means="a cancellation undoes an order that can only go forward",
    ),
    "B13": Anomaly(
        name="Two rollbacks",
        means=(
            "two cancellations, or a cancellation and a failing step, undo the same order twice at"
            " the same time"
        ),
    ),
    "B14": Anomaly(
        name="Undone after the pivot",
        means="a failure after the point of no return undoes steps that can no longer be undone",
    ),
    "B15": Anomaly(
        name="Irreversible too early",
        means="a step that cannot be undone runs while a later step may still fail",
    ),
    "B16": Anomaly(
        name="Refusal after the pivot",
        means="a step after the point of no return is refused for a business reason",
    ),
    "B17": Anomaly(
        name="Deadline over the saga",
        means="a timeout of the whole workflow ends it in the middle of its rollback",
    ),
    "B18": Anomaly(
        name="Termination",
        means=(
            "an operator ends the workflow, and none of its code runs any more; the effects that "
            "remain must be reported"
        ),
    ),
    "B19": Anomaly(
        name="Reset",
        means=(
            "a new run begins in the middle of an old one, and repeats steps or continues after an"
            " undo"
        ),
        tests=(
            "tests/engines/test_reset.py::test_a_reset_does_nothing_twice",
            "tests/engines/test_reset.py::test_a_key_of_the_run_does_everything_twice",
        ),
        invariants=(
            "I4",
            "I13",
        ),
    ),
    "B20": Anomaly(
        name="Undos lost on the way",
        means="the list of undos does not survive a new run, a child workflow or a new version",
    ),
    "B21": Anomaly(
        name="Replay does something else",
        means="clocks, random numbers or changed code make a rebuilt workflow decide differently",
    ),
    "B22": Anomaly(
        name="Worker dies after the effect",
        means="a worker dies after the effect and before its report, and the step runs again",
    ),
    "B23": Anomaly(
        name="Overtaken attempt",
        means="an attempt goes on after its timeout, and overlaps with its own retry",
    ),
    "B24": Anomaly(
        name="Activity deaf to cancellation",
        means="an activity goes on though its order is cancelled, and has its effect later",
    ),
    "B25": Anomaly(
        name="Server restart",
        means=(
            "the Temporal server stops and comes back: tasks are delivered again, timers are late"
        ),
        tests=("tests/load/test_load_stack.py::test_chaos_leaves_no_order_inconsistent",),
        invariants=(
            "I13",
            "I16",
        ),
    ),
    "B26": Anomaly(
        name="Two sagas for one order",
        means="an order is submitted twice, and one saga undoes the steps of the other",
    ),
    "B27": Anomaly(
        name="Message lost, doubled or late",
        means=(
            "a signal or an update comes twice, together with the end, or after it; its sender "
            "needs a definite answer"
        ),
    ),
    "B28": Anomaly(
        name="Mixed versions",
        means=(
            "workers of two versions take turns with one order: the new version must replay the "
            "steps of the old one"
        ),
        tests=(
            "tests/replay/test_replay.py::test_recorded_history_replays",
            "tests/replay/test_replay.py::test_changed_history_is_refused",
        ),
        invariants=("I15",),
    ),
    "B29": Anomaly(
        name="No time left to retry",
        means=(
            "the time for all attempts is that of one, or a deadline is close: the retry that "
            "would succeed never comes"
        ),
    ),
    "B30": Anomaly(
        name="Attempt outlives its order",
        means="an activity still works when its order has ended, and has its effect afterwards",
        tests=(
            "tests/engines/test_attempts_under_way.py::test_a_call_after_the_end_of_its_order_counts",
            "tests/engines/test_attempts_under_way.py::test_a_call_after_the_end_finds_what_was_undone_ahead",
        ),
        invariants=(
            "I7",
            "I12",
        ),
    ),
    # -- C: isolation between sagas ----------------------------------------------------------------
    "C1": Anomaly(
        name="Dirty read",
        means="an order relies on an effect of another order, which undoes it",
    ),
    "C2": Anomaly(
        name="Snapshot restored",
        means="an undo writes back the old value, and overwrites the changes of other orders since",
    ),
    "C3": Anomaly(
        name="Fuzzy read",
        means="a price or a stock is read again between two steps, and has changed",
    ),
    "C4": Anomaly(
        name="Oversell",
        means="more is sold than there is, because the check and the reservation are two steps",
    ),
    "C5": Anomaly(
        name="Reservation expires",
        means="another customer has got the goods while this one was paying",
    ),
    "C6": Anomaly(
        name="Double release",
        means=(
            "a release comes twice, or after the reservation expired, and stock appears from "
            "nowhere"
        ),
    ),
    "C7": Anomaly(
        name="Reservation leak",
        means="goods stay reserved for an order that has failed",
    ),
    "C8": Anomaly(
        name="Spent before it is undone",
        means="the result of a step has been used up when its undo arrives, which is refused",
    ),
    "C9": Anomaly(
        name="Order locked for ever",
        means="an order or an article stays pending for ever",
    ),
    "C10": Anomaly(
        name="Hold and wait",
        means="two orders each hold goods that the other needs, and both fail",
    ),
    # -- D: money ----------------------------------------------------------------------------------
    "D1": Anomaly(
        name="Double charge",
        means="the customer pays twice for one order",
    ),
    "D2": Anomaly(
        name="Double refund",
        means="the customer gets the money back twice",
    ),
    "D3": Anomaly(
        name="Refund beyond the charge",
        means="several refunds, each within the charge, add up to more than was paid",
    ),
    "D4": Anomaly(
        name="Stranded remainder",
        means="a cent of the charge is never refunded",
    ),
    "D5": Anomaly(
        name="Rounding drift",
        means="the sum of rounded parts is not the rounded sum",
    ),
    "D6": Anomaly(
        name="Wrong currency or exponent",
        means="money goes back in another currency, or cents are taken for dollars",
    ),
    "D7": Anomaly(
        name="Authorisation without its capture",
        means="an authorisation expires before it is captured, or is voided though it was captured",
        tests=(
            "tests/payments/test_payments_example.py::test_a_scenario_shows_the_bug",
            "tests/payments/test_payments_example.py::test_one_choice_is_enough_to_find_the_bug",
        ),
        invariants=("I2", "I6", "I7", "I11"),
    ),
    "D8": Anomaly(
        name="Refund fails later",
        means="a refund is accepted, and comes back days afterwards",
        tests=("tests/payments/test_payments_example.py::test_a_scenario_shows_the_bug",),
        invariants=("I2", "I7", "I17"),
    ),
    "D9": Anomaly(
        name="Refund impossible",
        means="the provider refuses the refund for good: a dispute, a time limit, an empty balance",
    ),
    "D10": Anomaly(
        name="Refunded already",
        means="the answer that the charge is refunded already is taken for a failure",
    ),
    "D11": Anomaly(
        name="Amount computed again",
        means="a retry computes its amount again, and requests another sum",
    ),
    "D12": Anomaly(
        name="Total is not its parts",
        means="the charge is more or less than the sum of the lines",
    ),
    "D13": Anomaly(
        name="Free order",
        means="nothing is due, and a charge or refund of nothing is refused",
    ),
    "D14": Anomaly(
        name="Undo that is no inverse",
        means="a fee or an exchange rate makes the refund differ from the charge",
    ),
    "D15": Anomaly(
        name="Part taken for the whole",
        means="a refund of a part of the charge is taken for one of all of it",
    ),
    # -- E: fulfilment, and what customers see ---------------------------------------------------
    "E1": Anomaly(
        name="Partial fulfilment",
        means=(
            "some lines of an order are reserved or sent, and the order counts as complete or "
            "failed"
        ),
    ),
    "E2": Anomaly(
        name="Sent without payment",
        means="goods leave for an order that is not paid",
    ),
    "E3": Anomaly(
        name="Paid without goods",
        means="the customer pays for an order that is not sent",
    ),
    "E4": Anomaly(
        name="Two parcels",
        means="one order is sent twice",
    ),
    "E5": Anomaly(
        name="Sent though cancelled",
        means="a parcel leaves after its order was cancelled",
    ),
    "E6": Anomaly(
        name="Parcel cannot be called back",
        means=(
            "the goods have left when the order is to be undone, and then the money must not be "
            "refunded"
        ),
    ),
    "E7": Anomaly(
        name="Wrong answer to the customer",
        means="the customer gets a failure for a success, or the other way round",
    ),
    "E8": Anomaly(
        name="Mail too early, twice or never",
        means="a mail cannot be undone: it must be sent once, and be true",
    ),
    "E9": Anomaly(
        name="Status disagrees",
        means="a client that queries the order gets another status than it has",
    ),
    "E10": Anomaly(
        name="Webhook out of order",
        means=(
            "a service's message about a payment or a parcel comes early, late, twice, in the "
            "wrong order or never"
        ),
        tests=(
            "tests/payments/test_payments_example.py::test_a_scenario_shows_the_bug",
            "tests/payments/test_payments_example.py::test_one_choice_is_enough_to_find_the_bug",
        ),
        invariants=("I2", "I6", "I16"),
    ),
    # -- F: the harness itself ---------------------------------------------------------------------
    "F1": Anomaly(
        name="Vacuous pass",
        means="no fact was checked, so no violation was found",
        tests=(
            "tests/mutants/test_harness_itself.py::test_f1_a_saga_that_does_nothing_has_shown_nothing",
        ),
        invariants=("I20",),
    ),
    "F2": Anomaly(
        name="Fault that never fired",
        means="the saga survives a failure that did not happen",
        tests=(
            "tests/mutants/test_harness_itself.py::test_f2_a_fault_that_never_fires_has_shown_nothing",
        ),
        invariants=("I20",),
    ),
    "F3": Anomaly(
        name="Fakes that are too clean",
        means="fakes accept requests that real services refuse",
        tests=(
            "tests/mutants/test_harness_itself.py::test_f3_fakes_that_are_too_clean_are_noticed",
        ),
        invariants=("I14",),
    ),
    "F4": Anomaly(
        name="Check that crashes",
        means="a crash of a check is counted as a pass or as a failure",
        tests=(
            "tests/mutants/test_harness_itself.py::test_f4_a_check_that_crashes_has_shown_nothing",
        ),
        invariants=("I20",),
    ),
    "F5": Anomaly(
        name="Seed that does not repeat",
        means="the same seed gives another run",
        tests=(
            "tests/mutants/test_harness_itself.py::test_f5_a_seed_that_does_not_repeat_is_noticed",
        ),
    ),
    "F6": Anomaly(
        name="Retries that mask faults",
        means="no scenario has more faults than a step has attempts, so that failure is never seen",
        tests=("tests/mutants/test_harness_itself.py::test_f6_no_retry_masks_every_fault",),
    ),
    "F7": Anomaly(
        name="Ledger read too early",
        means="the ledger is read while requests are still under way",
        tests=(
            "tests/mutants/test_harness_itself.py::test_f7_a_ledger_that_is_read_too_early_hides_a_bug",
        ),
    ),
    "F8": Anomaly(
        name="Runs that leak",
        means="one run leaves state that changes the next one",
        tests=("tests/mutants/test_harness_itself.py::test_f8_no_run_leaks_into_the_next",),
    ),
}
"""Every anomaly, by its id: scenarios name them in `covers`, mutants in `anomaly`."""
OF_SAGAS = tuple(name for name in ANOMALIES if not name.startswith("F"))
"""Ids of the anomalies of sagas and services; the others are of the harness itself."""
