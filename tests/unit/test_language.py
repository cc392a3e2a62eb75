from __future__ import annotations

import pytest

from fakes import ORDER_OPERATIONS
from sagacheck.network import FAULTS
from tests.shop import load_text
from tests.unit.scenario_texts import problems_in, text_with


def fault(written: str, on: str = "payments.charge", more: str = "") -> str:
    """The line of a file that plans one fault."""
    return f"faults: [{{on: {on}, fault: {written}{more}}}]"


def event(written: str) -> str:
    """The line of a file that plans one event."""
    return f"events: [{written}]"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (text_with("fault: []"), "5:1: unknown key: 'fault'; the keys here are scenario, why"),
        (text_with("given: {stok: {A: 1}}"), "5:9: unknown key: 'stok'; the keys here are stock"),
        (text_with("given: {idempotency: {expire: 24h}}"), "5:23: unknown key: 'expire'"),
        (text_with(orders="[{id: o1, item: []}]"), "3:19: unknown key: 'item'"),
        (text_with(orders="[{id: o1, items: [{skew: A}]}]"), "3:28: unknown key: 'skew'"),
        (text_with(orders="[{id: o1, shipping_address: {zip: a}}]"), "3:38: unknown key: 'zip'"),
        (text_with(fault("refuse", more=", call: 1")), "5:47: unknown key: 'call'"),
        (text_with(fault("{reject: {status: 503, cod: x}}")), "5:62: unknown key: 'cod'"),
        (text_with(fault("{outage: {from: 0s, til: 1s}}")), "5:59: unknown key: 'til'"),
        (text_with(event("{cancel: o1, wen: {at: 1s}}")), "5:23: unknown key: 'wen'"),
        (text_with(event("{cancel: o1, when: {on: a}}")), "5:30: unknown key: 'on'"),
        (text_with(expect="{o1: {stats: failed}}"), "4:15: unknown key: 'stats'"),
        (text_with(expect="{efects: {a.b: 1}}"), "4:10: unknown key: 'efects'"),
    ],
)
def test_unknown_keys_are_refused_at_every_level(text: str, problem: str) -> None:
    """A key that means nothing is a problem at its place, which lists the keys that do."""
    assert any(found.startswith(f"a.yaml:{problem}") for found in problems_in(text))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (text_with(head="scenario: s"), "1:1: missing key: 'why'; it is required"),
        (text_with(head='scenario: "a\\nb"\nwhy: w'), "1:11: not one line of text: 'a\\nb'"),
        (text_with(head='scenario: s\nwhy: " "'), "2:6: not a text: ' '; it may not be empty"),
        (text_with("tags: x"), "5:7: not a list: 'x'; it must be a list, such as [a, b]"),
        (
            text_with("tags: [a b]"),
            "5:8: not a word: 'a b'; a tag is at most 64 letters, digits, - and _",
        ),
        (text_with("covers: [A1, G1]"), "5:14: unknown anomaly: 'G1'; sagacheck refe"),
        (text_with("why: 5"), "5:1: duplicate key: 'why'"),
        (text_with(head="scenario: 5\nwhy: w"), "1:11: not a text: 5; it must be a text (did"),
        (text_with("given: {ships_after: 45}"), "(did you mean '45s'?)"),
        (text_with("given: {ships_after: '45'}"), "(did you mean '45s'?)"),
        (text_with("given: {ships_after: 1.5s}"), "5:22: not a duration: '1.5s'; a duration has u"),
        (text_with("given: {ships_after: -5}"), "5:22: not a duration: -5"),
        (text_with("given: {reservation_expires_after: 0s}"), "5:36: a duration of zero: '0s'"),
        (text_with("given: {refunds: refuse}"), "5:18: unknown value for refunds: 'refuse'"),
        (text_with("given: {cards: {pm: ok}}"), "5:21: unknown value for a card: 'ok'; write decl"),
        (text_with("given: {idempotency: reply}"), "it is one of replay, stores_errors, none (did"),
        (text_with("given: {idempotency: [a]}"), "5:22: not an idempotency: a list; write replay"),
        (text_with("given: {stock: {WIDGET: -1}}"), "5:25: a number too small: -1; it must be at"),
        (text_with("given: {stock: {A B: 1, WIDGET: 2}}"), "5:17: not an id: 'A B'"),
    ],
)
def test_what_describes_the_scenario_and_its_world_is_checked(text: str, problem: str) -> None:
    """A name, a tag, a duration or a setting that is not one is refused with the rule."""
    assert any(problem in found for found in problems_in(text))


@pytest.mark.parametrize(
    ("orders", "problem"),
    [
        ("[]", "3:9: empty: []; a scenario has at least one order (did you mean [{id: o1}"),
        ("[{}]", "3:10: missing key: 'id'"),
        ("[o1]", "3:10: not a mapping: 'o1'"),
        ("[{id: 5}]", '3:15: not a text: 5; it must be a text (did you mean "5"?)'),
        ("[{id: -x}]", "3:15: not an id: '-x'; an id is at most 64 letters"),
        (f"[{{id: {'x' * 65}}}]", "3:15: not an id: 'xxxx"),
        ("[{id: o1}, {id: o1}]", "3:25: duplicate order: 'o1'; each order has an id of its own"),
        ("[{id: o1}, {id: stock}]", "3:25: a reserved word as the id of an order: 'stock'"),
        ("[{id: o1, items: []}]", "3:26: empty: []; an order has at least one item"),
        (
            "[{id: o1, on_confirmation_failure: un}]",
            "3:44: unknown choice: 'un'; it is one of undo",
        ),
        ("[{id: o1, shipping_address: {zip_code: 9}}]", "3:48: not a text: 9"),
    ],
)
def test_orders_are_checked(orders: str, problem: str) -> None:
    """An order that could not be placed as it is meant is refused."""
    assert any(problem in found for found in problems_in(text_with(orders=orders)))


def test_a_scenario_has_at_most_fifty_orders() -> None:
    """Fifty orders are loaded and one more is a problem."""
    ids = [f"{{id: o{number}}}" for number in range(1, 52)]

    assert len(load_text(text_with(orders=f"[{', '.join(ids[:50])}]")).orders) == 50
    assert problems_in(text_with(orders=f"[{', '.join(ids)}]")) == [
        "a.yaml:3:9: too many entries: a list; there may be at most 50"
    ]


@pytest.mark.parametrize(
    ("price", "found", "suggestion"),
    [
        ("19.99", "19.99", ' (did you mean "19.99"?)'),
        ("10", "10", ' (did you mean "10"?)'),
        ("19.999", "19.999", ""),
        ('"19.999"', "'19.999'", ""),
        ('"-1"', "'-1'", ""),
        ('"1e3"', "'1e3'", ""),
        ('"NaN"', "'NaN'", ""),
        (".nan", ".nan", ""),
        ("true", "true", ""),
    ],
)
def test_money_is_a_decimal_text(price: str, found: str, suggestion: str) -> None:
    """Any price but a text with at most two places is refused: floats lose cents."""
    text = text_with(orders=f"[{{id: o1, items: [{{sku: A, quantity: 1, price: {price}}}]}}]")
    rule = 'money is a text in quotes, at least 0 and with at most 2 places, such as "19.99"'

    assert problems_in(text) == [f"a.yaml:3:56: not a price: {found}; {rule}{suggestion}"]


@pytest.mark.parametrize(
    ("quantity", "problem"),
    [
        ("0", "a number too small: 0; it must be at least 1"),
        ("1.5", "not a whole number: 1.5; it must be a whole number"),
        ("true", "not a whole number: true; it must be a whole number"),
        ('"2"', "not a whole number: '2'; it must be a whole number"),
    ],
)
def test_quantities_are_whole_numbers(quantity: str, problem: str) -> None:
    """A quantity that is not at least one whole piece is refused."""
    text = text_with(orders=f'[{{id: o1, items: [{{sku: A, quantity: {quantity}, price: "1"}}]}}]')

    assert problems_in(text) == [f"a.yaml:3:46: {problem}"]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            text_with(fault("refuse", more=", order: 01")),
            '5:54: not a text: 01; it must be a text (did you mean "01"?)',
        ),
        (
            text_with(fault("refuse", more=", order: O1")),
            "5:54: unknown order: 'O1'; the orders are o1, o2 (did you mean 'o1'?)",
        ),
        (
            text_with(event("{query: o3, when: {at: 1s}}")),
            "5:18: unknown order: 'o3'; the orders are o1, o2",
        ),
        (
            text_with(
                "given: {stock: {GADGET: 1}}",
                orders='[{id: o1, items: [{sku: gadgets, quantity: 1, price: "1"}]}]',
            ),
            (
                "3:33: a SKU that is not in stock: 'gadgets'; given.stock has GADGET "
                "(did you mean 'GADGET'?)"
            ),
        ),
        (
            text_with("given: {stock: {GADGET: 1}}", orders="[{id: o1}]"),
            "3:10: missing key: 'items'; the default, one WIDGET, is not in given.stock",
        ),
        (
            text_with(expect="{stock: {WIGET: 1}}"),
            "4:18: unknown SKU: 'WIGET'; the SKUs are WIDGET (did you mean 'WIDGET'?)",
        ),
    ],
)
def test_references_name_what_the_scenario_declares(text: str, problem: str) -> None:
    """An order or SKU that does not exist is refused, with those that do."""
    assert problems_in(text) == [f"a.yaml:{problem}"]


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        (
            "timeout",
            (
                "a fault that may mean two things: 'timeout'; a request that is lost has no "
                "effect, one whose reply is lost has; choose "
                "(did you mean drop_request or drop_response?)"
            ),
        ),
        (
            "delay_request",
            (
                "a fault without its argument: 'delay_request'; it needs a duration "
                "(did you mean {delay_request: 45s}?)"
            ),
        ),
        ('"503"', "a status in quotes: '503'; a status is a number (did you mean 503?)"),
        ("200", "a number too small: 200; it must be at least 400"),
        ("600", "a number too large: 600; it must be at most 599"),
        (
            "{refuse: 1}",
            "a fault that takes no argument: refuse; write only its name (did you mean refuse?)",
        ),
        ("{}", "not one fault: {}; one fault has one key; write other faults as entries of their"),
        ("{reject: 503, duplicate: 2}", "not one fault: reject, duplicate; one fault has one key"),
        ("[503]", "not a fault: a list; write a name, a status such as 503, or {delay_request: 4"),
        ("true", "not a fault: true"),
    ],
)
def test_what_is_no_fault_says_how_one_is_written(written: str, problem: str) -> None:
    """A fault in a form that the language does not have is refused, with the form that it has."""
    (found,) = problems_in(text_with(fault(written)))

    assert found.startswith(f"a.yaml:5:39: {problem}")


@pytest.mark.parametrize("written", ["drop_respons", "{delay_requests: 4s}", "{delay: 4s}"])
def test_unknown_faults_list_those_that_exist(written: str) -> None:
    """A fault that does not exist is refused, with the names of all that do."""
    (found,) = problems_in(text_with(fault(written)))

    assert found.startswith("a.yaml:5:39: unknown fault: ")
    assert f"the faults are {', '.join(FAULTS)}" in found


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        ("{reject: x}", "5:48: not a rejection: 'x'; write a status, or {status: 503, retry_after"),
        ("{reject: 200}", "5:48: a number too small: 200"),
        ("{reject: {code: x}}", "5:48: missing key: 'status'"),
        ("{reject: {status: 503, retry_after: 5}}", "(did you mean '5s'?)"),
        ("{reject: {status: 503, code: a b}}", "5:68: not an error code: 'a b'; it is one word"),
        ("{status_after_effect: 199}", "5:61: a number too small: 199; it must be at least 200"),
        ("{status_after_effect: 600}", "5:61: a number too large: 600; it must be at most 599"),
        (
            "{status_after_effect: 201}",
            "5:39: a fault that changes nothing: {status_after_effect: 201}; payments.charge",
        ),
        ("{delay_request: 45}", "5:55: not a duration: 45; a duration has units"),
        ("{delay_response: 0s}", "5:56: a duration of zero: '0s'"),
        ("{duplicate: 1}", "5:51: a number too small: 1; it must be at least 2"),
        ("{duplicate: 11}", "5:51: a number too large: 11; it must be at most 10"),
        ("{outage: {from: 2h, to: 2h}}", "5:48: a span of time that ends before it begins"),
        ("{outage: {from: 2h}}", "5:48: missing key: 'to'"),
        ("{outage: 2h}", "5:48: not a mapping: '2h'"),
    ],
)
def test_arguments_of_faults_are_checked(written: str, problem: str) -> None:
    """An argument that its fault cannot have is refused where it stands."""
    (found,) = problems_in(text_with(fault(written)))

    assert problem in found


@pytest.mark.parametrize("calls", ["0", "[]", "[1, 0]", "2.", "'1'", "..2", "All", "true"])
def test_what_is_no_calls_is_refused(calls: str) -> None:
    """Calls are a number, numbers, an open range or all, and nothing else."""
    (found,) = problems_in(text_with(fault("refuse", more=f", calls: {calls}")))

    assert found.startswith("a.yaml:5:5")


@pytest.mark.parametrize(
    ("on", "suggestion"), [("payment.charge", "payments.charge"), ("Payments", "payments")]
)
def test_unknown_operations_name_the_nearest(on: str, suggestion: str) -> None:
    """A fault on an operation or service that does not exist names what was probably meant."""
    (found,) = problems_in(text_with(fault("refuse", on=on)))

    assert found == (
        f"a.yaml:5:15: unknown operation: '{on}'; an operation is service.verb; "
        f"a service means all of its operations (did you mean '{suggestion}'?)"
    )


def test_a_fault_must_fit_its_operation() -> None:
    """A fault on a body that is never sent is refused, and the operations that it fits named."""
    (found,) = problems_in(text_with(fault("truncated", on="inventory.release")))

    fitting = [name for name in ORDER_OPERATIONS.names if name != "inventory.release"]
    assert found == (
        "a.yaml:5:41: a fault that does not fit inventory.release: 'truncated'; "
        f"truncated (the reply is cut off) fits {', '.join(fitting)}"
    )


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        (
            "{when: {at: 1s}}",
            "5:10: no event; write one of cancel, submit, terminate, query, signal, update, heal",
        ),
        ("{cancel: o1}", "5:10: missing key: 'when'"),
        ("{cancel: o1, query: o1, when: {at: 1s}}", "5:10: two events in one: cancel and query"),
        (
            "{heal: false, when: {at: 1s}}",
            "5:17: not true: false; heal ends all faults; its only val",
        ),
        ("{heal: 1, when: {at: 1s}}", "5:17: not true: 1"),
        ("{heal: true, when: {}}", "5:29: no moment; write one of before, during, after and at"),
        (
            "{heal: true, when: {before: payments.charge, after: payments.charge}}",
            "5:29: two moments: before and after; write one of before, during, after and at",
        ),
        (
            "{heal: true, when: {at: 1s, call: 2}}",
            "5:38: a call at a time: 'call'; calls are counted with before, during and after only",
        ),
        ("{heal: true, when: {after: payments, call: 1}}", "5:37: unknown operation: 'payments'"),
        ("{heal: true, when: {after: payments.charge, call: 0}}", "5:60: a number too small: 0"),
        (
            "{submit: o1, reason: x, when: {at: 1s}}",
            "5:23: a key that does not fit submit: 'reason'; it belongs to a cancel",
        ),
        ("{submit: o1, by: signal, when: {at: 1s}}", "5:23: a key that does not fit submit: 'by'"),
        ("{cancel: o1, by: mail, when: {at: 1s}}", "5:27: unknown means to cancel: 'mail'"),
    ],
)
def test_events_are_checked(written: str, problem: str) -> None:
    """An event is one thing at one moment, and what does not belong to it is refused."""
    (found,) = problems_in(text_with(event(written)))

    assert found.startswith(f"a.yaml:{problem}")


@pytest.mark.parametrize(
    ("expect", "problem"),
    [
        ("{}", "4:9: no expectation: {}; say how an order ends, or what takes effect"),
        ("{o1: {}}", "4:14: no expectation: {}; write a status, an error or both"),
        ("{o1: failed}", "4:14: not a mapping: 'failed'"),
        ("{o1: {status: FAILED}}", "4:23: unknown status: 'FAILED'; it is one of completed"),
        ("{o1: {error: a b}}", "4:22: not a name of an error: 'a b'"),
        (
            "{effects: {}}",
            "4:19: empty: {}; write 0 for none (did you mean {payments.charge: 0}?)",
        ),
        ("{effects: {payment.charge: 1}}", "4:20: unknown operation: 'payment.charge'"),
        ("{calls: {payments.charge: -1}}", "4:35: a number too small: -1"),
        ("{undone: [payments.charge]}", "4:19: unknown undo operation: 'payments.charge'"),
        ("{statuses: {failed: 1}}", "4:20: a wrong number of orders: 1; the scenario has 2"),
        ("{statuses: {faild: 2}}", "4:21: unknown status: 'faild'"),
        (
            "{orphans: {payments.charge: 1}}",
            "4:10: a key without its event: 'orphans'; only an order that is terminated may",
        ),
        ("{orphans: {payments.refund: 1}}", "4:20: unknown create operation: 'payments.refund'"),
    ],
)
def test_expectations_are_checked(expect: str, problem: str) -> None:
    """An expectation that says nothing, or that could never be met, is refused."""
    (found,) = problems_in(text_with(expect=expect))

    assert found.startswith(f"a.yaml:{problem}")


def test_a_scenario_without_expectation_is_refused() -> None:
    """What should come of it is no part that a scenario may leave out."""
    text = "\n".join(text_with().splitlines()[:3])

    assert problems_in(text) == ["a.yaml:1:1: missing key: 'expect'; it is required"]


def test_an_empty_value_is_reported_once() -> None:
    """What the reader has refused is not refused again by the language."""
    assert problems_in(text_with(expect="")) == [
        "a.yaml:4:1: no value; nothing may be empty; write the value, or leave out its key"
    ]


def test_long_values_are_cut() -> None:
    """A message stays readable whatever stands in the file."""
    (found,) = problems_in(text_with(fault("x" * 1000)))

    assert f"unknown fault: '{'x' * 59}…; " in found


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        (text_with("tags: null"), ["5:7: no value: null; nothing may be empty; write the value"]),
        (text_with("given: {stock: ~}"), ["5:16: no value: ~"]),
        (text_with("given: {stock: {WIDGET: }}"), ["5:17: no value; nothing may be empty"]),
        (text_with(expect="{o1: {status: failed}, statuses: null}"), ["4:42: no value: null"]),
        (text_with(expect="{o1: null}"), ["4:14: no value: null"]),
        (text_with(expect="null"), ["4:9: no value: null"]),
        (text_with(orders="[{id: null}]"), ["3:15: no value: null"]),
        (text_with(orders="[{id: o1}, null]"), ["3:20: no value: null"]),
        (text_with(head="scenario: null\nwhy: w"), ["1:11: no value: null"]),
        (text_with(fault("null")), ["5:39: no value: null"]),
        (text_with(fault("{delay_request: null}")), ["5:55: no value: null"]),
        (text_with(fault("refuse", more=", calls: [1, null]")), ["5:58: no value: null"]),
        (text_with(orders='[{id: "\\ud800"}]'), ["3:15: an unpaired surrogate"]),
        (text_with('"\\ud800": 1'), ["5:1: an unpaired surrogate"]),
        (text_with("<b>: 1"), ["5:1: unknown key: '<b>'; the keys here are scenario, why"]),
        (text_with("<text>: 1"), ["5:1: unknown key: '<text>'"]),
        (text_with('"[key]": 1'), ["5:1: unknown key: '[key]'"]),
        (text_with("given: {stock: {WIDGET: 1, <text>: 1}}"), ["5:28: not an id: '<text>'"]),
        (text_with("given: {stock: {WIDGET: 1, '[key]': 1}}"), ["5:28: not an id: '[key]'"]),
        (
            text_with("given: {stock: {WIDGET: -1, '[key]': 1}}"),
            ["5:25: a number too small", "5:29: not an id: '[key]'"],
        ),
        (text_with(fault("{<mapping>: 1}")), ["5:51: unknown fault: '<mapping>'"]),
        (text_with(fault("{reject: {<number>: 1, status: 503}}")), ["5:49: unknown key"]),
        (text_with("given: {<<: {stock: {W: 1}}}"), ["5:9: a merge key: <<; the language has no"]),
        (text_with("given: {1: {a: 1}}"), ["5:9: a key that is not a text: 1; keys are texts"]),
    ],
)
def test_a_value_or_key_that_may_not_stand_there_is_one_problem(
    text: str, problems: list[str]
) -> None:
    """It is told once, with its place and the rule, and hides no other problem."""
    found = problems_in(text)

    assert len(found) == len(problems)
    for line, problem in zip(found, problems, strict=True):
        assert line.startswith(f"a.yaml:{problem}")


def changed(changes: str, more: str = "") -> str:
    """The line of a file in which an order is placed again, changed."""
    return event(f"{{submit: o1, changes: {changes}{more}, when: {{at: 1s}}}}")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            text_with(changed("{payment_method: a}")),
            "5:33: unknown key: 'payment_method'; the keys",
        ),
        (text_with(changed("{id: o3}")), "5:33: unknown key: 'id'; the keys here are start, items"),
        (text_with(changed("{}")), "5:32: empty: {}; write what is different, or leave it out"),
        (text_with(changed("{items: []}")), "5:40: empty: []"),
        (text_with(changed("{customer_id: 5}")), "5:46: not a text: 5"),
        (
            text_with(
                changed('{items: [{sku: A, quantity: 1, price: "1"}]}'),
                "given: {stock: {WIDGET: 1}}",
            ),
            "5:47: a SKU that is not in stock: 'A'",
        ),
        (text_with(event("{submit: o1, as: o2, when: {at: 1s}}")), "5:27: duplicate order: 'o2'"),
        (text_with(event("{submit: o1, as: stock, when: {at: 1s}}")), "5:27: a reserved word as"),
        (text_with(event("{submit: o1, as: a b, when: {at: 1s}}")), "5:27: not an id: 'a b'"),
        (text_with(event("{submit: o9, as: o3, when: {at: 1s}}")), "5:19: unknown order: 'o9'"),
        (
            text_with(event("{cancel: o1, as: o3, when: {at: 1s}}")),
            "5:23: a key that does not fit cancel: 'as'; it belongs to a submit",
        ),
        (
            text_with(event("{query: o1, changes: {customer_id: c}, when: {at: 1s}}")),
            "5:22: a key that does not fit query: 'changes'; it belongs to a submit",
        ),
        (
            text_with(event("{signal: {to: o1, name: cancl}, when: waiting}")),
            "5:34: unknown signal: 'cancl'; the workflow handles cancel (did you mean 'cancel'?)",
        ),
        (
            text_with(event("{update: {to: o1, name: cancel}, when: waiting}")),
            "5:34: unknown update: 'cancel'; the workflow handles request_cancel",
        ),
        (
            text_with(event("{signal: {to: o9, name: cancel}, when: waiting}")),
            "5:24: unknown order",
        ),
        (text_with(event("{signal: {to: o1}, when: waiting}")), "5:19: missing key: 'name'"),
        (text_with(event("{signal: o1, when: waiting}")), "5:19: not a mapping: 'o1'"),
        (
            text_with(event("{signal: {to: o1, name: cancel, args: [.inf]}, when: waiting}")),
            "5:49: not a number in JSON: .inf",
        ),
        (text_with(event("{cancel: o1, when: wating}")), "5:29: unknown moment: 'wating'; write"),
        (
            text_with(event("{cancel: o1, when: 5}")),
            "5:29: not a moment: 5; write waiting, {before",
        ),
        (text_with(event("{heal: true, when: waiting}")), "5:29: a moment that does not fit heal"),
        (
            text_with(event("{cancel: o1, when: {at: 1s}, times: 2}")),
            "5:39: a key that does not fit cancel: 'times'; it belongs to when: waiting",
        ),
        (
            text_with(event("{cancel: o1, when: {at: 1s}, after: 2s}")),
            "5:39: a key that does not fit cancel: 'after'; it belongs to when: waiting",
        ),
        (text_with(event("{cancel: o1, when: waiting, times: 0}")), "5:45: a number too small: 0"),
        (text_with(orders="[{id: o1, start: {}}, {id: o2}]"), "3:26: empty: {}; write execution"),
        (text_with(orders="[{id: o1, start: {run_timeout: 0s}}]"), "3:40: a duration of zero"),
        (text_with(orders="[{id: o1, start: {timeout: 1s}}]"), "3:27: unknown key: 'timeout'"),
        (
            text_with(orders="[{id: o1, start: {retry_policy: {backoff_coefficient: 0.5}}}]"),
            "3:63: not a coefficient: 0.5; it is a number, at least 1",
        ),
        (
            text_with(orders="[{id: o1, start: {retry_policy: {maximum_interval: 1ms}}}]"),
            "3:60: too short: 0.001s; it is at least initial_interval, 1s",
        ),
        (
            text_with(orders="[{id: o1, start: {retry_policy: {maximum_attempts: 0}}}]"),
            "3:60: a number too small: 0",
        ),
    ],
)
def test_what_is_placed_sent_and_started_is_checked(text: str, problem: str) -> None:
    """Changed orders, messages, moments and the start of a workflow are refused where wrong."""
    (found,) = problems_in(text)

    assert found.startswith(f"a.yaml:{problem}")


def test_what_is_wrong_with_an_order_is_not_told_again_where_it_is_changed() -> None:
    """The order that a submit changes is wrong in one place, and that is where it stands."""
    (found,) = problems_in(
        text_with(changed("{customer_id: c}"), orders="[{id: o1, items: []}, {id: o2}]")
    )

    assert found.startswith("a.yaml:3:26: empty")


def test_an_order_that_is_placed_later_is_an_order_like_others() -> None:
    """It has a fault, an event and an expectation of its own, and is counted."""
    scenario = load_text(
        text_with(
            event("{submit: o1, as: o3, when: {at: 1s}}, {cancel: o3, when: {at: 2s}}"),
            fault("refuse", more=", order: o3"),
            expect="{o3: {status: completed}, statuses: {completed: 2, failed: 1}}",
        )
    )

    assert [order.id for order in scenario.orders] == ["o1", "o2"]
    assert [order.id for order in scenario.all_orders] == ["o1", "o2", "o3"]
