"""A tab of Locust's web UI: how many orders ended how, and what is wrong so far.

It follows Locust's example ``extend_web_ui.py``. ``/consistency`` has the same counts as JSON.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from flask import Response, jsonify, request
from locust.web import WebUI

KEY = "consistency"
MOST = 50

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


def refuse_wrong_forms(web_ui: WebUI, check: Callable[[Mapping[str, str]], None]) -> None:
    """Refuse to start a test with wrong values, with a message that says what is wrong.

    Args:
        web_ui: Locust's.
        check: Raises a `ValueError` for wrong values.
    """

    def refuse() -> Response | None:
        if request.path.rstrip("/") != "/swarm":
            return None
        try:
            check(request.form)
        except ValueError as error:
            return jsonify({"success": False, "message": str(error)})
        return None

    assert web_ui.app is not None, "it serves pages"
    web_ui.app.before_request(refuse)


def _rows(counts: Mapping[str, Any]) -> list[dict[str, Any]]:
    violations = counts["violations"]
    facts = {**counts, "violations": len(violations)}
    rows = [{"what": name, "count": count} for name, count in facts.items()]
    rows += [{"what": text, "count": ""} for text in violations[:MOST]]
    return [{**row, "name": row["what"], "safe_name": row["what"]} for row in rows]
