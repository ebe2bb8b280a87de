"""What axe-core finds on a page that a real browser shows, for every browser test."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page

SOURCE = Path(__file__).resolve().parents[3] / "node_modules" / "axe-core" / "axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# Only what is wrong is asked for and sent: all that is well would be megabytes a page.
RUN = """tags => axe
  .run(document, {runOnly: {type: "tag", values: tags}, resultTypes: ["violations"]})
  .then(({violations}) => violations.flatMap(({id, nodes}) => nodes.map(
    ({html, failureSummary}) => `${id}: ${html.slice(0, 200)} ${failureSummary}`)))"""


def violations(page: Page) -> list[str]:
    """One line for each element at fault, empty when there is none."""
    # A page may be there and answer before its style sheets: it is judged as people see it.
    page.wait_for_load_state("load")
    page.evaluate("document.fonts.ready")
    if page.evaluate("typeof axe === 'undefined'"):
        page.evaluate(SOURCE.read_text(encoding="utf-8"))
    found: list[str] = page.evaluate(RUN, TAGS)
    return [f"{page.url} {one}" for one in found]


def is_too_wide(page: Page) -> bool:
    """Whether it must be scrolled sideways."""
    return bool(page.evaluate("document.documentElement.scrollWidth > innerWidth"))
