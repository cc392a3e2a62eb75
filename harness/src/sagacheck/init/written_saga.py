"""The text of saga.py."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from sagacheck.init.endings import ending_of
from sagacheck.init.guessing import (
    OrderField,
    Step,
    cancel_signal,
    in_order,
    order_fields,
    people_of,
    steps_of,
)
from sagacheck.init.http_calls import HttpCall
from sagacheck.init.looking import Found, FoundActivity, Message
from sagacheck.init.naming import words_of
from sagacheck.init.python_text import call, function_call, import_lines, sequence
from sagacheck.init.stand_ins import reset_of, stand_in_for
from sagacheck.init.undo_keys import UndoneBy, same_key, undone_by
from sagacheck.init.values import (
    MISSING,
    Code,
    code_of,
    fields_of,
    is_id,
    literal,
    models_in,
    plain_type,
)

_NO_KEYS = """\
# A guess: the services keep no keys, so that each run of an activity has an effect.
# Where a second run with the same id has none: key=lambda {names}: {path}
"""
_KEYS = """\
# A guess by names and sources: a second run with the same key has no second effect.
"""


class SagaText:
    """Writes saga.py for what was found.

    Args:
        found: The workflow and what belongs to it.
    """

    def __init__(self, found: Found) -> None:
        self._found = found
        self._steps = steps_of(found)
        self._fields = order_fields(found)
        self._imports: list[tuple[str, str]] = [_origin(found.workflow)]
        self._objects: dict[type, str] = {}

    @property
    def operations(self) -> list[str]:
        """The operations, as they are written."""
        return [step.operation for step in self._steps if step.operation]

    def text(self, completed: Sequence[str] | None = None, order: Sequence[str] = ()) -> str:
        """The whole file.

        Args:
            completed: The creates whose effects a completed order has; ``None`` for all.
            order: The operations that took effect, in this order.
        """
        self._steps = in_order(self._steps, order)
        objects = [*self._object_lines()]
        words = [*self._order_words()]
        ending = ending_of(self._found)
        if any("Any" in line for line in ending):
            self._imports.append(("typing", "Any"))
        saga = self._saga(completed, has_ending=bool(ending))
        blocks = [each for each in (objects, words, ending, saga.splitlines()) if each]
        text = f'"""What sagacheck has to know of {self._found.workflow.__name__}."""\n\n'
        text += "\n".join(import_lines(self._imports)) + "\n"
        defines = False
        for each in blocks:
            defined, defines = defines, each[0].startswith(("class ", "def "))
            text += ("\n\n" if defined or defines else "\n") + "\n".join(each) + "\n"
        return text

    def _saga(self, completed: Sequence[str] | None, *, has_ending: bool) -> str:
        found = self._found
        self._imports.append(("sagacheck", "SagaUnderTest"))
        settings = [("workflow", found.workflow.__name__)]
        settings.append(("activities", sequence([self._activity(s) for s in self._steps])))
        endpoints = [s for s in self._steps if s.call and s.operation]
        if endpoints:
            self._imports.append(("sagacheck.services", "endpoint"))
            self._imports.append(("sagacheck.services", "plain_services"))
            lines = [self._endpoint(each) for each in endpoints]
            settings.append(("services", function_call("plain_services", lines, indent=4)))
        if self._fields:
            settings.append(("orders", self._words_name))
        settings += self._what_goes_in()
        if any([*models_in_all(found)]):
            self._imports.append(("temporalio.contrib.pydantic", "pydantic_data_converter"))
            settings.append(("data_converter", "pydantic_data_converter"))
        settings += self._what_else(completed)
        if has_ending:
            settings.append(("ending", "ending"))
        if (reset := reset_of(found.activities)) is not None:
            self._imports.append((reset.__module__, reset.__name__))
            settings.append(("reset", reset.__name__))
        return self._about_keys() + call("SAGA = SagaUnderTest", settings) + "\n"

    def _about_keys(self) -> str:
        if any(step.key and step.operation and not step.call for step in self._steps):
            return _KEYS
        without = [s for s in self._steps if s.operation and s.could_be_key and not s.call]
        if not without:
            return ""
        names, path = _lambda_of(without[0], without[0].could_be_key)
        return _NO_KEYS.format(names=names, path=path)

    # -- activities ------------------------------------------------------------------------

    def _activity(self, step: Step) -> str:
        function = self._function(step.activity)
        if not step.operation or step.call:
            why = "" if step.call else "  # No effect: by its name it changes nothing."
            return function + "," + why
        self._imports.append(("sagacheck", "effect"))
        arguments = [function, f'"{step.operation}"']
        if step.undo:
            arguments.append(f'undo="{step.undo}"')
        creates = [s for s in self._steps if s.operation == step.undoes]
        if step.key and all(each.key and same_key(each.key, step.key) for each in creates):
            arguments.append("key=lambda {}: {}".format(*_lambda_of(step, step.key)))
        if step.refusals:
            arguments.append("refusals=[" + ", ".join(f'"{e}"' for e in step.refusals) + "]")
        if step.tells != "nothing":
            arguments.append(f'tells="{step.tells}"')
        return function_call("effect", arguments) + ","

    def _function(self, activity: FoundActivity) -> str:
        if activity.owner is None:
            self._imports.append((activity.function.__module__, activity.name))
            return activity.name
        return f"{self._object_of(activity.owner)}.{activity.name}"

    def _object_of(self, owner: type) -> str:
        return self._objects.setdefault(owner, "_".join(words_of(owner.__name__)))

    def _object_lines(self) -> Iterable[str]:
        owners = dict.fromkeys(s.activity.owner for s in self._steps if s.activity.owner)
        for owner in owners:
            self._imports.append(_origin(owner))
            arguments, todo = self._constructed(owner)
            yield f"{self._object_of(owner)} = {owner.__name__}({arguments}){todo}"

    def _constructed(self, owner: type) -> tuple[str, str]:
        """What an object of a class is made with, and what is left to do."""
        made, missing, hints = [], [], _hints_of(owner)
        for name, parameter in inspect.signature(owner).parameters.items():
            if parameter.default is not parameter.empty or parameter.kind in (
                parameter.VAR_POSITIONAL,
                parameter.VAR_KEYWORD,
            ):
                continue
            text = self._dependency(hints.get(name, parameter.annotation), owner)
            made.append(f"{name}={text}")
            if text == "None":
                missing.append(name)
        todo = f"  # TODO: what is {' and '.join(missing)} in a test?" if missing else ""
        return ", ".join(made), todo

    def _dependency(self, annotation: Any, owner: type) -> str:
        name = annotation if isinstance(annotation, str) else getattr(annotation, "__name__", "")
        if name in ("httpx.AsyncClient", "AsyncClient"):
            self._imports.append(("sagacheck.inprocess", "FakesClient"))
            return "FakesClient()"
        for module, each in (("requests", "Session"), ("httpx", "Client")):
            if name in (each, f"{module}.{each}"):
                self._imports.append((module, each))
                return f"{each}()"
        stand_in = stand_in_for(annotation, owner)
        if stand_in is None:
            return "None"
        self._imports.append(_origin(stand_in))
        return f"{stand_in.__name__}()"

    def _endpoint(self, step: Step) -> str:
        call_ = step.call
        assert call_ is not None, "it has one"
        arguments = [f'"{call_.route}"', f'"{step.operation}"']
        found = self._undone_by(step)
        if step.undoes and found:
            arguments.append(f'undoes="{step.undoes}"')
            arguments.append(f'id="{found.id}"' if found.id else f'key="{found.key}"')
        elif key := (found.create_key if found else "") or _own_key(call_):
            arguments.append(f'key="{key}"')
        if call_.reads:
            arguments.append("reply=[" + ", ".join(f'"{e}"' for e in call_.reads) + "]")
        if step.tells != "nothing":
            arguments.append(f'tells="{step.tells}"')
        missing = found.missing if found and step.undoes else ""
        todo = f"# TODO: {missing}\n        " if missing else ""
        return todo + function_call("endpoint", arguments) + ","

    def _undone_by(self, step: Step) -> UndoneBy | None:
        """How the pair of which a step is one half names what is undone."""
        other = {step.undo, step.undoes} - {""}
        pair = next((s for s in self._steps if s.operation in other and s.operation), None)
        if pair is None or pair.call is None or step.call is None:
            return None
        create, undo = (pair, step) if step.undoes else (step, pair)
        assert create.call is not None, "both have one"
        assert undo.call is not None, "both have one"
        return undone_by(create.activity, create.call, undo.call)

    # -- what goes in -----------------------------------------------------------------------

    @property
    def _words_name(self) -> str:
        return f"{self._found.workflow.__name__.removesuffix('Workflow').removesuffix('Saga')}Words"

    def _order_words(self) -> Iterable[str]:
        if not self._fields:
            return
        self._imports += [("sagacheck.language", "OrderWords"), ("pydantic", "Field")]
        yield f"class {self._words_name}(OrderWords):"
        yield '    """The keys of an order in a scenario, beside its id."""'
        yield ""
        for each in self._fields:
            yield f"    {self._field(each)}"

    def _field(self, each: OrderField) -> str:
        if each.type is Decimal:
            self._imports.append(("decimal", "Decimal"))
        value = literal(each.default)
        shown = f'"{each.default}"' if each.type is Decimal else value
        inner = f'{value}, description="Input `{each.name}`.", examples=[{shown}]'
        return f"{each.key}: {each.type.__name__} = Field({inner})"

    def _what_goes_in(self) -> list[tuple[str, str]]:
        found = self._found
        if not found.inputs:
            return [("arguments", "lambda order: []")]
        if len(found.inputs) == 1 and plain_type(found.inputs[0].type) in (Any, dict):
            return []
        has_id: list[str] = []
        values = [self._value(each.name, each.type, has_id) for each in found.inputs]
        text = f"lambda order: [{', '.join(values)}]"
        return [("arguments", text)]

    def _value(self, name: str, annotation: Any, has_id: list[str]) -> str:
        kind = plain_type(annotation)
        fields = fields_of(kind)
        if fields:
            self._imports.append((kind.__module__, kind.__name__))
            known = {each.name for each in self._fields}
            inner = [
                f"{each.name}={self._value(each.name, each.type, has_id)}"
                for each in fields
                if each.default is MISSING or each.name in known
            ]
            return f"{kind.__name__}({', '.join(inner)})"
        if is_id(name) and not has_id and kind in (str, Any):
            has_id.append(name)
            return "order.id"
        for each in self._fields:
            if each.name == name:
                return f"order.{each.key}"
        return self._use(code_of(name, annotation))

    def _use(self, code: Code) -> str:
        self._imports += code.imports
        return code.text

    # -- what else --------------------------------------------------------------------------

    def _what_else(self, completed: Sequence[str] | None) -> list[tuple[str, str]]:
        found, settings = self._found, []
        if completed is not None:
            listed = ", ".join(f'"{each}"' for each in completed)
            comma = "," if len(completed) == 1 else ""
            settings.append(("completed_means", f"({listed}{comma})"))
        if found.children:
            self._imports += [_origin(each) for each in found.children]
            settings.append(("children", _listed(each.__name__ for each in found.children)))
        if found.child_prefixes:
            prefixes = dict.fromkeys((*found.child_prefixes, "order-"))
            without = "".join(f'.removeprefix("{each}")' for each in prefixes)
            settings.append(("order_of", f"lambda name: name{without}"))
        if found.queues:
            settings.append(("task_queues", _listed(f'"{each}"' for each in found.queues)))
        cancel = cancel_signal(found.messages)
        if cancel is not None:
            name = "cancel_update" if cancel.is_update else "cancel_signal"
            takes_reason = len(cancel.inputs) <= 1
            settings.append((name, f'"{cancel.name}"' if takes_reason else self._message(cancel)))
        people = [each for each in people_of(found.messages) if each is not cancel]
        if people:
            settings.append(("people", _listed(self._message(each) for each in people)))
        return settings

    def _message(self, message: Message) -> str:
        if not message.inputs:
            return f'"{message.name}"'
        codes = [self._use(code_of(each.name, each.type)) for each in message.inputs]
        return f'("{message.name}", {", ".join(codes)})'


def models_in_all(found: Found) -> Iterable[type]:
    """The pydantic models that the workflow, its messages and its activities take."""
    inputs = [*found.inputs, *(each for message in found.messages for each in message.inputs)]
    inputs += [each for activity in found.activities for each in activity.inputs]
    return (model for each in inputs for model in models_in(each.type))


def completed_in(steps: Sequence[Step], live: Sequence[str]) -> Sequence[str] | None:
    """The creates that a completed order has; ``None`` where all that promise it took effect."""
    due = [s.operation for s in steps if s.operation and not s.undoes]
    due = [s for s in due if s in {x.operation for x in steps if x.tells in ("success", "nothing")}]
    return None if {*due} <= {*live} else [each for each in due if each in live]


def _own_key(call_: HttpCall) -> str:
    """Where a request that nothing undoes has its key; empty where it has none."""
    if call_.key_header:
        return f"header:{call_.key_header}"
    if keys := [each for each in call_.sends if "key" in each]:
        return keys[0]
    return call_.parameters[-1] if call_.method == "PUT" and call_.parameters else ""


def _hints_of(owner: type) -> dict[str, Any]:
    try:
        return typing.get_type_hints(owner.__init__)  # type: ignore[misc]
    except (NameError, TypeError):
        return {}


def _lambda_of(step: Step, path: str) -> tuple[str, str]:
    """The parameters of a function from arguments to a key, and its result."""
    name = path.partition(".")[0]
    names = [each.name for each in step.activity.inputs]
    before = names[: names.index(name)]
    after = ["*_"] if names.index(name) + 1 < len(names) else []
    return ", ".join([*before, name, *after]), path


def _listed(texts: Iterable[str]) -> str:
    return f"[{', '.join(texts)}]"


def _origin(cls: type) -> tuple[str, str]:
    return cls.__module__, cls.__name__
