"""A tab of Locust's web UI: how many orders ended how, and what is wrong so far.

It follows Locust's example ``extend_web_ui.py``. ``/consistency`` has the same counts as JSON.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from typing import Any

from flask import Response, jsonify, request
from locust.web import WebUI

from sagacheck.printable import printable
from sagacheck.strange_pages import StrangerError, refuse_strangers

KEY = "consistency"
MOST = 50
_LONGEST = 200

Counts = Callable[[], Mapping[str, Any]]
"""The run as it is now: ``state``, counts by name, and ``violations``, a list of texts."""


def add_tab(web_ui: WebUI, counts: Counts) -> None:
    """Show `counts` in a tab of the web UI, as they change."""
    web_ui.template_args["extended_tabs"] = [{"title": "Consistency", "key": KEY}]
    web_ui.template_args["extended_tables"] = [
        {
            "key": KEY,
            "structure": [{"key": "what", "title": "Orders"}, {"key": "count", "title": ""}],
        }
    ]

    def add_counts(response: Response) -> Response:
        if request.path == "/stats/requests" and response.is_json:
            stats = [{"key": KEY, "data": _rows(counts())}]
            response.set_data(json.dumps({**response.get_json(), "extended_stats": stats}))
        return response

    def as_json() -> Response:
        return jsonify(counts())

    assert web_ui.app is not None, "it serves pages"
    web_ui.app.after_request(add_counts)
    web_ui.app.add_url_rule(f"/{KEY}", KEY, as_json)


_LOCUSTS_FIELDS = frozenset(
    ("user_count", "spawn_rate", "host", "run_time", "profile", "user_classes", "shape_class")
)
"""What Locust's form shows of its own options."""


def refuse_wrong_forms(
    web_ui: WebUI, fields: Iterable[str], check: Callable[[Mapping[str, str]], None]
) -> None:
    """Refuse to start a test with wrong values, with a message that says what is wrong.

    Locust would take any of its options, and any of ours, from a form.

    Args:
        web_ui: Locust's.
        fields: What the form shows, beside Locust's own fields.
        check: Raises a `ValueError` for wrong values.
    """
    known = _LOCUSTS_FIELDS.union(fields)

    def refuse() -> Response | None:
        route = (request.endpoint or "").rpartition(".")[2]
        if route == "update_user" and not web_ui.userclass_picker_is_active:
            return _refused("the form does not show the classes of users")
        if route != "swarm":
            return None
        unknown = ", ".join(name for name in request.form if name not in known)
        if unknown:
            return _refused(f"{unknown[:_LONGEST]}: not a field of this form; see --help")
        try:
            check(request.form)
        except ValueError as error:
            return _refused(str(error))
        return None

    assert web_ui.app is not None, "it serves pages"
    web_ui.app.before_request(refuse)


def refuse_foreign_requests(web_ui: WebUI, *, public: bool) -> None:
    """Refuse requests that come from elsewhere, on every route.

    Args:
        web_ui: Locust's.
        public: Whether the web UI may be reached by any name.
    """

    def refuse() -> Response | None:
        hosts, origins = (request.headers.getlist(name) for name in ("Host", "Origin"))
        try:
            refuse_strangers(hosts, origins, public=public, scheme=request.scheme)
        except StrangerError as error:
            refusal: Response = _refused(str(error))
            refusal.status_code = HTTPStatus.FORBIDDEN
            return refusal
        return None

    assert web_ui.app is not None, "it serves pages"
    web_ui.app.before_request(refuse)


def _refused(message: str) -> Response:
    return jsonify({"success": False, "message": message})


def _rows(counts: Mapping[str, Any]) -> list[dict[str, Any]]:
    violations = counts["violations"]
    facts = {**counts, "violations": len(violations)}
    rows = [{"what": name, "count": count} for name, count in facts.items()]
    rows += [{"what": printable(text), "count": ""} for text in violations[:MOST]]
    return [{**row, "name": row["what"], "safe_name": row["what"]} for row in rows]
