"""The pages in a real browser: nothing from elsewhere, no errors, no overflow, the main tasks by keyboard and without scripts."""

from __future__ import annotations

import os
import re
import shutil
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pypdf
import pytest

from serving import serving

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.ui
PAGES = [
    "",
    "standards",
    "standards/gbt-45288.1-2025",
    "records?verdict=undecided",
    "rules",
    "targets",
    "forecast",
    "adoption",
    "queries",
    "system/guide-2024/CC",
    "changes?from=2025-06-30&to=2025-12-31&rule=guide",
    "status?numbers=GB/T 45288.1-2025",
    "releases",
    "report",
]


@pytest.fixture(scope="module")
def address(store_folder: Path) -> Iterator[str]:
    with serving(store_folder) as found:
        yield found


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

    chromium = os.environ.get("AISTANDARDS_CHROMIUM") or shutil.which("chromium")
    assert chromium, "no chromium on this machine: install the system package chromium or set AISTANDARDS_CHROMIUM"
    options = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-sync"]
    with sync_playwright() as play:
        started = play.chromium.launch(executable_path=chromium, args=options)
        yield started
        started.close()


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    """A page that fails the test on a request to elsewhere, a console error or a script error."""
    context = browser.new_context(java_script_enabled=True)
    opened = context.new_page()
    wrong: list[str] = []

    def gate(route: Any) -> None:
        if not route.request.url.startswith(address):
            wrong.append(f"request to {route.request.url}")
        route.continue_() if route.request.url.startswith(address) else route.abort()

    opened.route("**/*", gate)
    opened.on(
        "console",
        lambda message: (
            wrong.append(message.text) if message.type == "error" and "favicon" not in message.text else None
        ),
    )
    opened.on("pageerror", lambda error: wrong.append(str(error)))
    yield opened
    context.close()
    assert not wrong


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("width", [320, 390, 1440])
def test_no_page_overflows_sideways(page: Page, address: str, language: str, path: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"{address}/{language}/{path}")
    assert page.locator("h1").count() == 1
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_count_leads_to_its_records_and_on_to_the_reason(page: Page, address: str) -> None:
    page.goto(f"{address}/zh/")
    counted = page.locator(".figure a").inner_text()
    page.locator(".figure a").click()
    assert page.locator("tbody tr").count() == int(counted)
    page.locator("tbody tr a").first.click()
    assert "/zh/standards/" in page.url
    assert page.locator("details[open] td.holds").count() >= 8


def test_counting_again_with_other_switches(page: Page, address: str) -> None:
    page.goto(f"{address}/en/")
    before = int(page.locator(".figure a").inner_text())
    page.select_option("select[name=guidance]", "yes")
    page.locator("form.options button").click()
    assert "guidance=yes" in page.url
    assert int(page.locator(".figure a").inner_text()) > before


def test_search_by_keyboard_leads_to_the_standard(page: Page, address: str) -> None:
    page.goto(f"{address}/zh/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.locator("header input[name=q]").focus()
    page.keyboard.type("gbt45288.1")
    page.keyboard.press("Enter")
    page.wait_for_url("**/zh/standards/gbt-45288.1-2025")


def test_the_language_can_be_changed_on_every_page(page: Page, address: str) -> None:
    page.goto(f"{address}/zh/standards/gbt-45288.1-2025")
    page.locator("header >> text=English").click()
    assert page.url.endswith("/en/standards/gbt-45288.1-2025")
    assert page.locator("html").get_attribute("lang") == "en"


def test_chinese_glyphs_are_drawn(page: Page, address: str) -> None:
    page.goto(f"{address}/zh/")
    widths = page.evaluate(
        """() => ['标', '准', '\\u{10FFFE}'].map(ch => { const c = document.createElement('canvas').getContext('2d');
        c.font = '40px sans-serif'; c.fillText(ch, 0, 40); return Array.from(c.getImageData(0, 0, 60, 60).data).join('').length + ':' +
        c.getImageData(0, 0, 60, 60).data.reduce((a, b, i) => (a * 31 + b * (i % 97)) % 1000003, 7); })"""
    )
    assert len(set(widths)) == 3


def test_the_pages_work_without_scripts(browser: Browser, address: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    opened = context.new_page()
    opened.goto(f"{address}/zh/")
    assert re.fullmatch(r"\d+", opened.locator(".figure a").inner_text())
    context.close()


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_report_is_styled_and_prints_whole(page: Page, address: str, language: str, tmp_path: Path) -> None:
    page.goto(f"{address}/{language}/report")
    assert page.evaluate("getComputedStyle(document.querySelector('.figure')).fontSize") == "44px", (
        "the hash does not fit"
    )
    assert page.locator("p.options").is_visible()
    page.emulate_media(media="print")
    assert not page.locator("p.options").is_visible()
    headings = page.locator("h2").all_inner_texts()
    for section in page.locator("section").all():
        box = section.bounding_box()
        assert section.is_visible() and box and box["height"] > 60
    file = tmp_path / "report.pdf"
    page.pdf(path=str(file), format="A4")
    text = "".join(sheet.extract_text() for sheet in pypdf.PdfReader(file).pages)
    said = re.sub(r"\s", "", unicodedata.normalize("NFKC", text))  # chromium writes radicals for some characters
    assert len(headings) == 7 and "Ctrl+P" not in said
    for heading in headings:
        signs = re.sub(r"\s", "", unicodedata.normalize("NFKC", heading))
        assert re.search("".join(f"(?:{re.escape(sign)}|[\u2e80-\u2fdf])" for sign in signs), said)
    numbers = page.locator("section:last-of-type tbody tr td:first-child").all_inner_texts()
    assert len(numbers) > 50 and all(re.sub(r"\s", "", number) in said for number in numbers)


def test_a_list_is_checked_without_scripts(browser: Browser, address: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    opened = context.new_page()
    opened.goto(f"{address}/en/status")
    opened.locator("textarea").fill("GB/T 45288.1-2025\nnothing")
    opened.locator("main button").first.click()
    assert (
        opened.locator("tbody tr").count() == 2 and opened.locator("tbody a").first.inner_text() == "GB/T 45288.1-2025"
    )
    context.close()
