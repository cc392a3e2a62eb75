"""What there is of a workflow: its activities, children, queues, messages, inputs and results."""

from __future__ import annotations

import ast
import inspect
import re
import sys
import textwrap
import typing
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from types import FunctionType, ModuleType
from typing import Any

from sagacheck.temporal import activity_definition, workflow_definition


@dataclass(frozen=True)
class Input:
    """One positional argument.

    Attributes:
        name: Its name.
        type: Its annotation; `Any` where it has none.
    """

    name: str
    type: Any


@dataclass(frozen=True)
class FoundActivity:
    """An activity.

    Attributes:
        function: The function, or the method as its class has it.
        owner: The class that has it; ``None`` for a function of a module.
        inputs: Its arguments.
        source: Its source, with that of the functions of its module and class that it calls.
    """

    function: Callable[..., Any]
    owner: type | None
    inputs: tuple[Input, ...]
    source: str

    @property
    def name(self) -> str:
        """The name of the function."""
        return self.function.__name__


@dataclass(frozen=True)
class Message:
    """A signal or an update.

    Attributes:
        name: Its name.
        inputs: Its arguments.
        is_update: Whether it is an update.
    """

    name: str
    inputs: tuple[Input, ...]
    is_update: bool


@dataclass(frozen=True)
class Found:
    """What there is of a workflow.

    Attributes:
        workflow: The class.
        activities: In the order in which its source names them.
        children: The workflows that its source names.
        child_prefixes: How the ids of children begin, before that of their order.
        queues: The task queues that its source names, beside its own.
        messages: The signals and updates that it handles.
        inputs: The arguments of its run method.
        returned: The annotation of what that returns; ``None`` where it has none.
        texts: The texts that it returns, or parts of them.
    """

    workflow: type
    activities: tuple[FoundActivity, ...] = ()
    children: tuple[type, ...] = ()
    child_prefixes: tuple[str, ...] = ()
    queues: tuple[str, ...] = ()
    messages: tuple[Message, ...] = ()
    inputs: tuple[Input, ...] = ()
    returned: Any = None
    texts: tuple[str, ...] = field(default=())


def look_at(workflow: type, listed: Iterable[Callable[..., Any]] | None = None) -> Found:
    """Look at a workflow.

    Args:
        workflow: The class.
        listed: Its activities; by default those that its code names.

    Raises:
        TypeError: It is no workflow, or one of these is no activity.
    """
    definition = workflow_definition(workflow)
    named = _Named()
    named.follow(workflow)
    children = [each for each in named.classes if _is_workflow(each) and each is not workflow]
    # Only a child has inputs and a run method that the parent names; a base class is no child.
    children = [each for each in children if not issubclass(workflow, each)]
    for each in children:
        named.follow(each)
    found = [_activity(each, None) for each in listed] if listed else [*named.activities()]
    run = definition.run_fn
    return Found(
        workflow,
        activities=tuple(sorted(found, key=lambda each: named.position(each.name))),
        children=tuple(children),
        child_prefixes=tuple(named.child_prefixes()),
        queues=tuple(named.queues()),
        messages=tuple(_messages(definition)),
        inputs=_inputs(run),
        returned=_hints(run).get("return"),
        texts=tuple(named.returned_texts()),
    )


def activities_in(found: object) -> list[Callable[..., Any]]:
    """The activities of a module, a list, an object with methods, or a worker."""
    config = getattr(found, "config", None)
    if isinstance(found, ModuleType):
        owners = [each for each in vars(found).values() if isinstance(each, type)]
        candidates: Iterable[Any] = [
            *vars(found).values(),
            *(m for o in owners for m in _methods(o)),
        ]
    elif callable(config) and not isinstance(found, type):
        candidates = config().get("activities", ())
    elif isinstance(found, (list, tuple, set)):
        candidates = found
    else:
        candidates = [getattr(found, name) for name in dir(found)]
    unique = {id(getattr(each, "__func__", each)): each for each in candidates if is_activity(each)}
    return [*unique.values()]


def is_activity(value: Any) -> bool:
    """Whether it is an activity function or method."""
    try:
        return activity_definition(value).name is not None
    except (TypeError, AttributeError):
        return False


def _is_workflow(cls: type) -> bool:
    return "__temporal_workflow_definition" in vars(cls)


def _methods(owner: type) -> list[Any]:
    return [each for cls in owner.__mro__ for each in vars(cls).values() if callable(each)]


class _Named:
    """What the code of workflows names.

    Attributes:
        classes: The classes, each once.
    """

    def __init__(self) -> None:
        self.classes: dict[type, None] = {}
        self._words: set[str] = set()
        self._functions: dict[FunctionType, None] = {}
        self._values: dict[int, Any] = {}
        self._source = ""

    def follow(self, workflow: type) -> None:
        """Follow the names in the code of a workflow to the functions that they mean."""
        own = [cls for cls in workflow.__mro__ if cls.__module__ != "builtins"]
        self._source += "\n".join(_source_of(cls) for cls in own)
        ahead = [inspect.unwrap(p) for cls in own for p in vars(cls).values() if callable(p)]
        while ahead:
            function = ahead.pop()
            if not isinstance(function, FunctionType) or function in self._functions:
                continue
            if is_activity(function) or function.__module__.startswith(("temporalio", "asyncio")):
                continue
            self._functions[function] = None
            ahead += self._follow(function)

    def _follow(self, function: FunctionType) -> list[Any]:
        self._source += _source_of(function)
        words = {*_words_of(function.__code__)}
        self._words |= words
        values = [function.__globals__[each] for each in words & function.__globals__.keys()]
        for value in values:
            self._values[id(value)] = value
            if isinstance(value, type):
                self.classes[value] = None
            if isinstance(value, ModuleType):
                inner = [getattr(value, each, None) for each in words]
                self._values.update((id(each), each) for each in inner if each is not None)
                self.classes.update((e, None) for e in inner if isinstance(e, type))
        return [v for v in [*values, *self._values.values()] if isinstance(v, FunctionType)]

    def activities(self) -> Iterator[FoundActivity]:
        """The activities that are named, be it by a text."""
        seen = set()
        for value, owner in [*self._candidates()]:
            name = activity_definition(value).name
            if id(value) not in seen and self._words & {value.__name__, name}:
                seen.add(id(value))
                yield _activity(value, owner)

    def _candidates(self) -> Iterator[tuple[Any, type | None]]:
        modules = {each.__module__ for each in self._functions}
        spread = [vars(sys.modules[name]) for name in modules if name in sys.modules]
        values = [*self._values.values(), *(each for names in spread for each in names.values())]
        for value in values:
            if isinstance(value, FunctionType) and is_activity(value):
                yield value, None
            if isinstance(value, type) and not _is_workflow(value):
                yield from ((each, value) for each in _methods(value) if is_activity(each))

    def position(self, name: str) -> int:
        """Where the source names it first."""
        # As an argument, which it is where it is called; a docstring may name it before.
        found = re.search(rf"\b{name}\b(?=\s*[,)])", self._source)
        return found.start() if found else len(self._source)

    def child_prefixes(self) -> list[str]:
        """What stands in the ids of workflows that are started, before a name in braces."""
        return re.findall(r"\bid=f[\"']([\w:.-]+){", self._source)

    def queues(self) -> Iterator[str]:
        """The texts that stand for task queues in calls."""
        names: dict[str, Any] = {}
        for function in self._functions:
            names |= {k: v for k, v in function.__globals__.items() if isinstance(v, str)}
        seen = set()
        found = re.findall(r"task_queue=(?:\"([^\"]+)\"|'([^']+)'|([\w.]+))", self._source)
        passed = re.findall(r"\b([A-Z][A-Z_]+)\b", self._source) if found else []
        for text in (*(a or b or names.get(c.rpartition(".")[2]) for a, b, c in found),):
            seen.add(text)
        # A queue may be handed to a helper, which passes it on under a name of its own.
        if any(c and c.islower() for _, _, c in found):
            seen |= {names.get(each) for each in passed}
        yield from sorted(each for each in seen if each)

    def returned_texts(self) -> Iterator[str]:
        """The texts in return statements."""
        for function in self._functions:
            for node in ast.walk(_tree_of(function)):
                if isinstance(node, ast.Return) and node.value is not None:
                    for each in ast.walk(node.value):
                        if isinstance(each, ast.Constant) and isinstance(each.value, str):
                            yield each.value


def _words_of(code: Any) -> Iterator[str]:
    yield from code.co_names
    for each in code.co_consts:
        if isinstance(each, str):
            yield each
        elif hasattr(each, "co_names"):
            yield from _words_of(each)


def _activity(function: Any, owner: type | None) -> FoundActivity:
    activity_definition(function)
    plain = getattr(function, "__func__", function)
    if owner is None and "." in plain.__qualname__:
        owner = type(function.__self__) if hasattr(function, "__self__") else _owner_of(plain)
    return FoundActivity(plain, owner, _inputs(plain), _with_helpers(plain, owner))


def _owner_of(function: Any) -> type | None:
    name = function.__qualname__.rpartition(".")[0]
    found = getattr(sys.modules.get(function.__module__), name, None)
    return found if isinstance(found, type) else None


def _with_helpers(function: Any, owner: type | None) -> str:
    """The source of a function, and of what it calls in its own module and class."""
    ahead, seen, text = [function], set(), ""
    while ahead:
        each = ahead.pop(0)
        if each in seen or each.__module__ != function.__module__:
            continue
        seen.add(each)
        text += _source_of(each) + "\n"
        words = set(_words_of(each.__code__))
        spread = {**each.__globals__, **(vars(owner) if owner else {})}
        found = [spread[word] for word in words & spread.keys()]
        ahead += [f for f in found if isinstance(f, FunctionType) and not is_activity(f)]
    return text


def _inputs(function: Any) -> tuple[Input, ...]:
    hints = _hints(function)
    names = [name for name in inspect.signature(function).parameters if name != "self"]
    return tuple(Input(name, hints.get(name, Any)) for name in names)


def _hints(function: Any) -> dict[str, Any]:
    try:
        return typing.get_type_hints(function)
    except (NameError, TypeError):
        return {}


def _messages(definition: Any) -> Iterator[Message]:
    for is_update, handlers in ((False, definition.signals), (True, definition.updates)):
        for name, each in handlers.items():
            if name is not None:
                yield Message(name, _inputs(each.fn), is_update)


def _source_of(value: Any) -> str:
    try:
        return textwrap.dedent(inspect.getsource(value))
    except (OSError, TypeError):
        return ""


def _tree_of(value: Any) -> ast.Module:
    try:
        return ast.parse(_source_of(value))
    except SyntaxError:
        return ast.Module([], [])
