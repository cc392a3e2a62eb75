"""``sagacheck serve``."""

from __future__ import annotations

from typing import Any

import click

from sagacheck.cli.options import SAGA
from sagacheck.http import CONTROL_ROUTES, serve_options

EXAMPLES = """
\b
Examples:
  sagacheck serve --port 0
  sagacheck serve --saga shop.saga:SAGA --stock WIDGET=5 --default-stock 0
  sagacheck serve --journal fakes.ndjson
  curl -X POST localhost:8080/__fakes__/faults \\
       -H 'Content-Type: application/json' \\
       -d '{"on": "payments.charge", "fault": "drop_response", "calls": 1}'

\b
Exit codes:
  0  ended by Ctrl-C or SIGTERM
  2  wrong usage or wrong input; nothing was served
"""


@click.command("serve", epilog=CONTROL_ROUTES.format(service="payments") + EXAMPLES)
@SAGA
@serve_options
def command(saga_reference: str | None, **options: Any) -> None:
    """Serve the services of a saga over HTTP, for workers in any language.

    All services answer below one URL, with faults on demand. An activity that is declared by
    `effect` has a service too, at which workers elsewhere record what it does.

    Their state lasts until the process ends or POST /__fakes__/reset begins a new world. With
    --journal FILE the state survives a stop or a kill: a process that starts with the same FILE
    continues with it, and takes the settings from FILE instead of the options. A TIME is a number
    and its unit: 500ms, 30s, 1h30m.
    """
    from sagacheck.cli.actions.serve import serve_saga

    serve_saga(saga_reference, **options)
