"""The page in a real browser: what a person does with it, and what must not happen meanwhile."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, expect

from sagacheck.report import RunHeader, page_of, write_report
from tests.report._material import many, naive_saga, played_files

FILES = (
    "payments/charges-arrive-after-the-refund.yaml",
    "payments/reply-lost-on-last-attempt.yaml",
    "payments/reply-lost.yaml",
    "contention/each-with-its-own-trouble.yaml",
    "cancellation/right-after-the-charge.yaml",
    "cancellation/too-late-by-signal.yaml",
    "shipping/reply-lost.yaml",
    "inventory/out-of-stock.yaml",
)
ZOMBIE = "the requests to charge arrive hours after the order was undone"
MANY = 1000
MINUS_TEN = "\N{MINUS SIGN}10.00"


@dataclass
class Watched:
    """A page, and what it did that it must not do."""

    page: Page
    complaints: list[str] = field(default_factory=list)

    def note_message(self, message: ConsoleMessage) -> None:
        """Remember whatever is written to the console."""
        self.complaints.append(f"console: {message.text}")

    def note_request(self, request: Request) -> None:
        """Remember requests that leave the machine."""
        if not request.url.startswith(("file:", "data:")):
            self.complaints.append(f"request: {request.url}")


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of a report of scenarios that a bad saga was run on."""
    results = played_files(*FILES, saga=naive_saga())
    facts = RunHeader("sagacheck run", ("--saga", "naive.py:SAGA"), 1.0)
    return write_report(page_of(results, facts), tmp_path_factory.mktemp("report")).as_uri()


@pytest.fixture(scope="module")
def long_report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report of a thousand scenarios."""
    results = many(played_files(*FILES, saga=naive_saga()), MANY)
    return write_report(page_of(results, RunHeader("c")), tmp_path_factory.mktemp("long"))


@pytest.fixture
def opened(report: str, browser: Browser) -> Iterator[Page]:
    """The report, open; afterwards nothing may have complained, and nothing been asked for."""
    context = browser.new_context(viewport={"width": 1500, "height": 900})
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    watched = Watched(context.new_page())
    watched.page.on("console", watched.note_message)
    watched.page.on("pageerror", lambda error: watched.complaints.append(f"error: {error}"))
    watched.page.on("request", watched.note_request)
    watched.page.goto(report)
    yield watched.page
    context.close()
    assert watched.complaints == []


def test_the_verdict_comes_first(opened: Page) -> None:
    """The first heading is the verdict, and the title says it too."""
    expect(opened.locator("h1")).to_have_text(re.compile("Not consistent"))
    expect(opened).to_have_title(re.compile("^invalid"))
    expect(opened.locator(".lead")).to_contain_text("of 8 scenarios")


def test_the_most_telling_scenario_is_open(opened: Page) -> None:
    """A reader who opens the page sees a failing order without a click."""
    expect(opened.locator(".scenario[open]")).to_have_count(1)
    expect(opened.locator(".scenario").first).to_have_attribute("open", "")


def test_scenarios_are_filtered_by_verdict(opened: Page) -> None:
    """A click on a verdict leaves those with it, and says how many are shown."""
    opened.locator(".filters .chip.valid").click()

    verdicts = opened.locator(".scenario:visible").evaluate_all(
        "all => all.map(e => e.dataset.verdict)"
    )
    assert set(verdicts) == {"valid"}
    expect(opened.locator("#shown")).to_have_text(f"showing {len(verdicts)} of 8")


@pytest.mark.parametrize("words", ["HOURS after", "I12", "a7 undone"])
def test_scenarios_are_filtered_by_words(opened: Page, words: str) -> None:
    """Words of the name, ids of anomalies and of invariants find a scenario."""
    opened.get_by_placeholder("Filter").fill(words)

    expect(opened.locator(".scenario:visible .name").first).to_contain_text(ZOMBIE)
    expect(opened.locator(".scenario:visible")).to_have_count(1)


def test_scenarios_are_filtered_by_invariant(opened: Page) -> None:
    """A click on a broken invariant leaves the scenarios that broke it; another brings all back."""
    chip = opened.locator("[data-invariant=I12]")

    chip.click()
    expect(opened.locator(".scenario:visible")).to_have_count(1)
    chip.click()
    expect(opened.locator(".scenario:visible")).to_have_count(8)


def test_a_violation_leads_to_its_moment_and_the_ledger_there(opened: Page) -> None:
    """The link shows the row at which it broke, and marks the ledger' column of that moment."""
    section = opened.locator(".scenario", has_text=ZOMBIE).first
    section.evaluate("section => { section.open = true; }")
    link = section.locator(".findings li", has_text="I12").locator(".jump")

    link.click()

    row = section.locator(".row.here")
    expect(row).to_be_in_viewport()
    expect(row).to_contain_text("broken")
    column = section.locator(".ledger td.here")
    expect(column.first).to_be_in_viewport()
    assert column.all_text_contents() == [
        "failed",
        "undone",
        "live",
        "100",
        "0",
        MINUS_TEN,
        "10.00",
    ]


def test_a_link_to_a_moment_opens_its_scenario(opened: Page, report: str) -> None:
    """An address with a moment, as one sends it to a colleague, opens what it is in."""
    section = opened.locator(".scenario").nth(3)
    anchor = section.locator(".jump").first.get_attribute("href")
    expect(section).not_to_have_attribute("open", "")

    opened.goto("about:blank")
    opened.goto(f"{report}{anchor}")

    expect(section).to_have_attribute("open", "")
    expect(section.locator(".row.here")).to_be_in_viewport()


def test_the_yaml_can_be_copied(opened: Page) -> None:
    """What is copied is the file, to the letter."""
    section = opened.locator(".scenario[open]")
    section.get_by_role("button", name="Copy YAML").click()

    copied = opened.evaluate("navigator.clipboard.readText()")
    name = section.locator(".why .muted").inner_text().partition(":")[0]
    assert copied == Path(name).read_text()
    expect(opened.get_by_role("status").last).to_have_text("Copied")


def test_lines_that_fired_are_marked(opened: Page) -> None:
    """The fault's lines are marked, and how often it struck is said."""
    section = opened.locator(".scenario", has_text=ZOMBIE).first
    fired = section.locator(".yaml .fired")

    assert "fired 3 times" in " ".join(fired.all_text_contents())


def test_the_keyboard_is_enough(opened: Page) -> None:
    """Next, open, the next that is wrong, the filter: without a mouse."""
    opened.keyboard.press("j")
    opened.keyboard.press("j")
    opened.keyboard.press("Enter")
    expect(opened.locator(".scenario").nth(1)).to_have_attribute("open", "")
    opened.keyboard.press("k")
    expect(opened.locator(".scenario summary").first).to_be_focused()
    opened.keyboard.press("/")
    opened.keyboard.type("jkn")
    expect(opened.get_by_placeholder("Filter")).to_have_value("jkn")


def test_dark_and_light(opened: Page) -> None:
    """The page follows the system, and the button changes it for good."""
    light = opened.evaluate("getComputedStyle(document.body).backgroundColor")
    opened.emulate_media(color_scheme="dark")
    dark = opened.evaluate("getComputedStyle(document.body).backgroundColor")
    assert light != dark

    opened.get_by_role("button", name="Dark or light").click()
    opened.reload()
    assert opened.evaluate("getComputedStyle(document.body).backgroundColor") == light


@pytest.mark.parametrize("width", [360, 768, 1500, 2560])
def test_no_width_makes_the_page_scroll_sideways(opened: Page, width: int) -> None:
    """From a telephone to a wide screen the page fits, with scenarios open."""
    opened.set_viewport_size({"width": width, "height": 800})
    opened.evaluate("for (const each of document.querySelectorAll('.scenario')) each.open = true")

    assert opened.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize(
    ("width", "scheme"),
    [
        (360, "light"),
        (1500, "dark"),
        pytest.param(360, "dark", marks=pytest.mark.long),
        pytest.param(1500, "light", marks=pytest.mark.long),
    ],
)
def test_axe_finds_nothing_serious(opened: Page, scheme: str, width: int) -> None:
    """No serious or critical violation of accessibility rules, with scenarios open."""
    opened.set_viewport_size({"width": width, "height": 900})
    opened.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    opened.evaluate(
        "for (const each of [...document.querySelectorAll('.scenario')].slice(0, 4))"
        " each.open = true"
    )

    found = Axe().run(opened).response["violations"]

    bad = [each for each in found if each["impact"] in {"serious", "critical"}]
    assert [(each["id"], each["nodes"][0]["html"]) for each in bad] == []


def test_axe_would_find_it(opened: Page) -> None:
    """The check above can fail: a button without a name is found."""
    opened.evaluate("document.querySelector('main').append(document.createElement('button'))")

    found = Axe().run(opened).response["violations"]

    assert "button-name" in {each["id"] for each in found}


SHIFT = """
() => new Promise((resolve) => {
  let total = 0;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) total += entry.value;
  }).observe({ type: "layout-shift", buffered: true });
  let step = 0;
  const scroll = () => {
    scrollTo({ top: (document.body.scrollHeight * step) / 12, behavior: "instant" });
    if (step++ < 12) requestAnimationFrame(() => requestAnimationFrame(scroll));
    else requestAnimationFrame(() => requestAnimationFrame(() => resolve(total)));
  };
  scroll();
})
"""


def test_a_thousand_scenarios(long_report: Path, browser: Browser) -> None:
    """A long report is of reasonable size, opens soon, and nothing moves while one scrolls."""
    page = browser.new_page(viewport={"width": 1500, "height": 900})
    page.goto(long_report.as_uri())

    megabytes = long_report.stat().st_size / 1e6
    timing = "performance.getEntriesByType('navigation')[0].domComplete"
    milliseconds = page.evaluate(timing)
    shift = page.evaluate(SHIFT)
    page.get_by_placeholder("Filter").fill("zzz")
    expect(page.locator("#shown")).to_have_text(f"showing 0 of {MANY}")
    page.close()

    assert shift < 1e-4
    assert megabytes < 25
    # A second or two where nothing else runs; this is a limit for machines on which much does.
    assert milliseconds < 30_000
