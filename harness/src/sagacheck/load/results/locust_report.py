"""The verdict in Locust's own HTML report.

Locust writes the report before its event *quitting*, so before the verdict is reached on Ctrl-C;
after SIGTERM it writes none. So the report is written again when the verdict is there.
"""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment as Templates
from locust.env import Environment
from locust.html import get_html_report, process_html_filename

from sagacheck.checks import Verdict
from sagacheck.load.audit.verdict import Judgement
from sagacheck.printable import printable_in_page
from sagacheck.result_files import write_text

COLOURS = {Verdict.VALID: "#0b6e4f", Verdict.INVALID: "#a4161a", Verdict.UNKNOWN: "#7a5c00"}

_SECTION = Templates(autoescape=True, finalize=printable_in_page).from_string("""
<section style="font: 16px/1.5 sans-serif; padding: 1.5em 2em; color: #fff;
                background: {{ colour }}">
  <h1 style="margin: 0">Consistency: {{ verdict }}</h1>
  <p>Orders: {% for status, n in orders.items() %}{{ n }} {{ status }}{{ ", " if not loop.last }}
  {%- else %}none{% endfor %}. {{ facts }} facts checked.</p>
  {% if violations %}<p>{{ violations | length }} violations
  {%- if violations | length > most %}, of which {{ most }} are shown{% endif %}:</p>{% endif %}
  <ul>
  {% for each in violations[:most] %}<li>{{ each.invariant }}: {{ each.detail }}</li>{% endfor %}
  {% for each in unmet %}<li>{{ each.detail }}</li>{% endfor %}
  {% for each in notes %}<li>{{ each }}</li>{% endfor %}
  </ul>
  <p>More: {{ folder }}</p>
</section>
""")
MOST = 50


def write_html(environment: Environment, judgement: Judgement, folder: Path) -> None:
    """Write the report that ``--html`` asks for, with the verdict at its top."""
    options = environment.parsed_options
    if options is None or not options.html_file:
        return
    section = _SECTION.render(
        verdict=str(judgement.verdict),
        colour=COLOURS[judgement.verdict],
        orders=judgement.statuses,
        facts=sum(judgement.facts.values()),
        violations=judgement.violations,
        unmet=judgement.unmet,
        notes=judgement.notes,
        folder=folder,
        most=MOST,
    )
    page = get_html_report(environment, show_download_link=False)
    before, body, after = page.partition("<body>")
    process_html_filename(options)
    path = Path(options.html_file)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_text(path, f"{before}{body}{section}{after}")
