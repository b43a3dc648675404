"""WCAG 2.2 AA by axe-core on every page in every state; and nothing in the console."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.browser.pages.states import STATES, Visit

RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"],
    "resultTypes": ["violations"],
}
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


@pytest.mark.parametrize("name", STATES)
def test_page_is_accessible(page, site, problems, name):
    STATES[name](Visit(page, site, problems))
    page.evaluate(UNFOLD)

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
    answer = Axe().run(page, options=RULES).response
    return [
        f"{circumstances}: {violation['id']}: {node['target']}: {node['html'][:200]}"
        f" {node['any'][0]['message'] if node['any'] else ''}"
        for violation in answer["violations"]
        for node in violation["nodes"]
    ]
