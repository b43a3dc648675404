"""Find a Chromium for the browser tests, or install one:  python -m tests.chromium

Debian's package is tried first, then Playwright's own download.
"""

import os
import shutil
import subprocess
import sys

NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]
ASK_PLAYWRIGHT = (
    "from playwright.sync_api import sync_playwright\n"
    "with sync_playwright() as p: print(p.chromium.executable_path)"
)


def find() -> str | None:
    """Return the path of a Chromium that really starts, or None."""
    for path in filter(None, map(shutil.which, NAMES)):
        if runs(path):
            return path
    own = playwrights_own()
    return own if runs(own) else None


def playwrights_own() -> str:
    ask = [sys.executable, "-c", ASK_PLAYWRIGHT]
    return subprocess.run(
        ask, check=True, capture_output=True, text=True
    ).stdout.strip()


def runs(path: str) -> bool:
    # Some distributions put a script there that only says how to install it.
    try:
        ask = subprocess.run([path, "--version"], check=False, capture_output=True)
    except OSError:
        return False
    return ask.returncode == 0


def install() -> None:
    if shutil.which("apt-get") and os.geteuid() == 0:
        apt = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq"]
        packages = ["chromium", "fonts-dejavu-core"]
        subprocess.run([*apt, "update"], check=False)
        subprocess.run(
            [*apt, "install", "-y", "--no-install-recommends", *packages], check=False
        )
    if find() is None:
        command = [sys.executable, "-m", "playwright", "install", "chromium"]
        subprocess.run(command, check=False)


def main() -> str | None:
    """Return None, or the sentence that says what is missing."""
    if find() is None:
        install()
    if find() is None:
        return (
            "The browser tests need Chromium, and it could not be installed. Install "
            "it (on Debian: apt install chromium), then run this again."
        )
    return None


if __name__ == "__main__":
    sys.exit(main())
