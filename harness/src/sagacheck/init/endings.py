"""How a workflow says how its order ended."""

from __future__ import annotations

import re
import typing
from typing import Any

from sagacheck.init.looking import Found
from sagacheck.init.values import fields_of, plain_type

_FAILED = re.compile(
    r"fail\w*|error|reject\w*|declin\w*|sold out|unavailable|abort\w*|denied|not \w+", re.IGNORECASE
)
_KNOWN = frozenset({"completed", "failed", "cancelled", "needs_attention"})
_DONE = frozenset({"success", "succeeded", "ok", "done", "confirmed", "booked", "complete"})
_NOT_DONE = frozenset({"failure", "error", "rejected", "declined", "aborted", "denied"})


def ending_of(found: Found) -> list[str]:
    """The lines of a function ``ending``; none where the harness understands the results.

    They are a guess: by the texts that the workflow returns.
    """
    returned = plain_type(found.returned) if found.returned is not None else None
    if returned is None or returned is type(None):
        return []
    if returned is str:
        return _of_texts(found)
    if typing.get_origin(returned) is dict or returned in (dict, Any):
        return _of_statuses(found.texts)
    names = [each.name for each in fields_of(returned) or ()]
    if "status" in names:
        return _of_statuses(found.texts)
    flag = next((each for each in names if each in ("success", "succeeded", "ok")), "")
    if flag:
        return _function(found, f'    return "completed" if result.{flag} else "failed"')
    return _function(found, '    return "completed"')


def _of_texts(found: Found) -> list[str]:
    if {each.lower() for each in found.texts} <= _KNOWN and found.texts:
        return []
    words = dict.fromkeys(m[0].lower() for each in found.texts for m in _FAILED.finditer(each))
    if not words:
        return _function(found, '    return "completed"')
    if len(words) == 1:
        test = f'"{next(iter(words))}" in result.lower()'
    else:
        listed = ", ".join(f'"{each}"' for each in words)
        test = f"any(word in result.lower() for word in ({listed}))"
    return [
        "def ending(result: object) -> str | None:",
        f'    """A guess by the texts that `{found.workflow.__name__}` returns."""',
        "    if not isinstance(result, str):",
        "        return None  # It raised: cancelled or failed, as Temporal says.",
        f'    return "failed" if {test} else "completed"',
    ]


def _of_statuses(texts: tuple[str, ...]) -> list[str]:
    words = {each.lower(): each for each in texts}
    known = {
        **{words[w]: "completed" for w in sorted(_DONE & words.keys())},
        **{words[w]: "failed" for w in sorted(_NOT_DONE & words.keys())},
    }
    if not known or _KNOWN & words.keys():
        return []
    listed = ", ".join(f'"{word}": "{status}"' for word, status in known.items())
    return [
        "def ending(result: object) -> str | None:",
        '    """A guess by what the workflow returns; None is for what it does not know."""',
        f"    statuses = {{{listed}}}",
        '    word = result.get("status") if isinstance(result, dict) else result',
        '    return statuses.get(str(getattr(word, "status", word)))',
    ]


def _function(found: Found, last: str) -> list[str]:
    return [
        "def ending(result: Any) -> str | None:",
        f'    """A guess by what `{found.workflow.__name__}` returns."""',
        "    if isinstance(result, BaseException):",
        "        return None  # It raised: cancelled or failed, as Temporal says.",
        last,
    ]
