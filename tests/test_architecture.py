"""The shape of the project, kept by tests where no tool keeps it."""

import ast
import re
import uuid
from pathlib import Path

import pytest
from django.apps import apps
from django.urls import URLPattern, URLResolver, get_resolver

ROOT = Path(__file__).parent.parent
OWN_APPS = ["jobs", "participants", "trainings", "incentives"]  # from the bottom up
# Who asked for a job: a user, whatever model a project has for that (AUTH_USER_MODEL).
POINTS_UP = {"jobs.Job.requested_by"}
PUBLIC_PAGES = {
    "home", "help", "healthz", "readyz", "account_login", "account_logout",
    "account_signup", "account_inactive", "account_reset_password",
    "account_reset_password_done", "account_reset_password_from_key",
    "account_reset_password_from_key_done", "check_form", "check_certificate",
}  # fmt: skip
# Where the column may be read: the gate, staff's recorded disclosure and the import.
CARD_NUMBER_READERS = ("participants/models/participant.py", "participants/importing/")
# These name the column to search for it, or for their own page; none reads it.
CARD_NUMBER_NAMERS = (
    *CARD_NUMBER_READERS,
    "participants/admin/large_lists.py",
    "participants/admin/people",
    "participants/funding.py",
    # What a participant types in: the form's field has the column's name.
    "trainings/forms.py",
    "trainings/views/buying.py",
    # What a partner's shop sends: the same.
    "trainings/api/schemas.py",
)


def python_files():
    for package in ["prakerja", *OWN_APPS]:
        for path in sorted((ROOT / package).rglob("*.py")):
            if "migrations" not in path.parts:
                yield path


def test_nothing_reads_the_card_number_around_the_gate():
    for path in python_files():
        name = str(path.relative_to(ROOT))
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Attribute) and node.attr == "card_number":
                assert name.startswith(CARD_NUMBER_READERS), f"{name}:{node.lineno}"


def test_nothing_asks_the_database_for_the_card_number_around_the_gate():
    for path in python_files():
        name = str(path.relative_to(ROOT))
        if name.startswith(CARD_NUMBER_NAMERS):
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            spelled = getattr(node, "value", None) or getattr(node, "arg", None)
            assert spelled != "card_number", f"{name}:{node.lineno}"


def test_no_template_reads_the_card_number_column():
    for path in (ROOT / "templates").rglob("*"):
        if path.is_file():
            assert ".card_number" not in path.read_text(), path


@pytest.mark.parametrize("app", OWN_APPS)
def test_foreign_keys_point_downwards(app):
    higher = OWN_APPS[OWN_APPS.index(app) + 1 :]

    for model in apps.get_app_config(app).get_models():
        for field in model._meta.get_fields():
            if field.is_relation and field.concrete and str(field) not in POINTS_UP:
                assert field.related_model._meta.app_label not in higher, field


@pytest.mark.parametrize("app", OWN_APPS)
def test_templates_of_an_app_link_only_downwards(app):
    higher = OWN_APPS[OWN_APPS.index(app) + 1 :]

    for path in (ROOT / "templates" / app).rglob("*.html"):
        for name in re.findall(r"{% url '([a-z_]+):", path.read_text()):
            assert name not in higher, f"{path} links up to {name}"


def patterns(resolver=None, prefix=""):
    for entry in (resolver or get_resolver()).url_patterns:
        route = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from patterns(entry, route)
        elif isinstance(entry, URLPattern):
            yield route, entry


def address_of(route):
    address = "/" + re.sub(r"<int:\w+>", "1", route.lstrip("^"))
    address = re.sub(r"<uuid:\w+>", f"{uuid.UUID(int=0)}", address)
    return re.sub(r"<(\w+:)?\w+>", "x", address).rstrip("$")


@pytest.mark.django_db
def test_every_call_of_the_api_is_closed_to_whoever_does_not_sign(client):
    calls = [
        (method, path)
        for path, methods in client.get("/api/v1/openapi.json").json()["paths"].items()
        for method in methods
    ]
    documented = {re.sub(r"{\w+}", "<>", path) for _, path in calls}
    routed = {
        "/" + re.sub(r"<(\w+:)?\w+>", "<>", route)
        for route, entry in patterns()
        if route.startswith("api/") and entry.name not in {"openapi-json", "api-root"}
    }

    assert routed == documented
    for method, path in calls:
        address = path.replace("{order}", f"{uuid.UUID(int=0)}")
        address = address.replace("{code}", "x")
        response = client.generic(method.upper(), address)
        assert response.status_code == 401, path


@pytest.mark.django_db
def test_every_page_is_closed_unless_listed(client):
    for route, entry in patterns():
        if route.startswith(("admin/", "api/")) or entry.name in PUBLIC_PAGES:
            continue
        address = address_of(route)
        response = client.get(address)
        assert response.status_code == 302, address
        assert response.url.startswith("/masuk/"), address


def test_every_template_is_used():
    sources = "".join(p.read_text() for p in python_files())
    sources += "".join(
        p.read_text() for p in (ROOT / "templates").rglob("*") if p.is_file()
    )
    # Names that Django and allauth look up by themselves.
    found_by_name = re.compile(r"^(\d{3}(_csrf)?\.html|account/|usersessions/|admin/)")

    for path in (ROOT / "templates").rglob("*.html"):
        name = str(path.relative_to(ROOT / "templates"))
        assert found_by_name.match(name) or f'"{name}"' in sources, name


def test_no_style_or_script_stands_in_a_page():
    for path in (ROOT / "templates").rglob("*.html"):
        html = path.read_text()
        assert not re.search(
            r"\sstyle=|<style|\son[a-z]+=|<script(?![^>]*\ssrc=)", html
        )
        assert "|safe" not in html, path
