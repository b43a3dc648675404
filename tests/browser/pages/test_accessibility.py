"""WCAG 2.2 AA by axe-core on every page in every state; and nothing in the console."""

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import expect

from tests.browser.pages.states import STATES, Visit
from tests.serving import serving

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
RUN_AXE = "rules => axe.run({runOnly: rules}).then(({violations}) => violations)"
NARROWEST = 320  # CSS px without scrolling sideways: WCAG 1.4.10
UNFOLD = "document.querySelectorAll('details').forEach(it => it.open = true)"
COLOURS_HAVE_CHANGED = (
    "Promise.all(document.getAnimations().map(animation => animation.finished))"
)
# axe judges no text that is on a gradient or near a pseudo-element. All such text here
# is white, so the brightest colour of the gradient stands for it.
MAKE_CONTRAST_MEASURABLE = """() => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync("*::before, *::after { content: none !important }");
    document.adoptedStyleSheets = [sheet];
    const brightness = colour =>
        colour.match(/[0-9.]+/g).slice(0, 3).reduce((sum, part) => sum + +part, 0);
    for (const it of document.querySelectorAll("body *")) {
        it.style.background = "";
        const gradient = getComputedStyle(it).backgroundImage;
        const colours = gradient.match(/rgb\\([^)]*\\)/g) || [];
        if (gradient.includes("gradient"))
            it.style.background =
                colours.sort((a, b) => brightness(b) - brightness(a))[0];
    }
}"""


@pytest.fixture(scope="module")
def demo_site(django_db_setup, static_folder, tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo")
    with serving(folder, STATIC_ROOT=f"{static_folder}", DEMO="1") as site:
        yield site


@pytest.mark.parametrize("name", STATES)
def test_page_is_accessible(page, site, problems, name):
    STATES[name](Visit(page, site, problems))

    check(page)


@pytest.mark.parametrize("path", ["/", "/masuk/"])
def test_page_of_a_demo_is_accessible(page, demo_site, path):
    page.goto(f"{demo_site.address}{path}")
    expect(page.get_by_text("Mode peragaan")).to_be_visible()

    check(page)


def check(page):
    page.evaluate(UNFOLD)
    page.evaluate(AXE_SCRIPT)
    found = []
    for width in (360, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            page.evaluate(MAKE_CONTRAST_MEASURABLE)
            page.evaluate(COLOURS_HAVE_CHANGED)
            found += violations(page, f"{scheme}, {width} px")
    assert found == []

    page.set_viewport_size({"width": NARROWEST, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROWEST


def violations(page, circumstances):
    return [
        f"{circumstances}: {violation['id']}: {node['target']}: {node['html'][:200]}"
        f" {node['any'][0]['message'] if node['any'] else ''}"
        for violation in page.evaluate(RUN_AXE, RULES)
        for node in violation["nodes"]
    ]
