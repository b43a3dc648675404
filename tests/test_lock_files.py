"""The lock files say what pyproject.toml says, and not where anything comes from."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
EXTRAS = PROJECT["optional-dependencies"]
NEEDED = {
    "requirements.txt": [*PROJECT["dependencies"], *EXTRAS["redis"]],
    "requirements-dev.txt": [
        *PROJECT["dependencies"],
        *EXTRAS["redis"],
        *EXTRAS["dev"],
    ],
}
PIN = re.compile(r"^([a-z0-9._-]+)(?:\[.*?\])?==([^ ;]+)", re.MULTILINE)


def pins(name):
    return dict(PIN.findall((ROOT / name).read_text()))


@pytest.mark.parametrize("name", NEEDED)
def test_each_dependency_is_locked_in_a_version_that_fits(name):
    locked = pins(name)

    for line in NEEDED[name]:
        wanted = Requirement(line)
        version = locked.get(canonicalize_name(wanted.name))
        assert version, f"{line} is missing: make lock"
        assert wanted.specifier.contains(version), f"{line}: make lock"


@pytest.mark.parametrize("name", NEEDED)
def test_nothing_is_locked_that_the_project_no_longer_names(name):
    wanted = {canonicalize_name(Requirement(line).name) for line in NEEDED[name]}
    blocks = re.split(r"\n(?=\S)", (ROOT / name).read_text())

    direct = {PIN.match(b)[1] for b in blocks if "prakerja (pyproject.toml)" in b}
    assert direct == wanted


def test_tests_run_on_the_versions_that_are_served():
    served, tested = pins("requirements.txt"), pins("requirements-dev.txt")

    assert served.items() <= tested.items()


@pytest.mark.parametrize("name", NEEDED)
def test_a_lock_file_names_versions_and_hashes_and_no_registry(name):
    text = (ROOT / name).read_text()

    assert "://" not in text
    assert "index" not in text
    for block in re.split(r"\n(?=\S)", text):
        assert "--hash=sha256:" in block, block
