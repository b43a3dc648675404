import os
import re
import runpy
import subprocess
import sys
from pathlib import Path
from unittest import mock

import pytest
from django.core.exceptions import ImproperlyConfigured

from participants.models import Wave

ROOT = Path(__file__).parent.parent.parent
KEY = "".join(chr(65 + n % 57) for n in range(64))
PUBLIC = {"ALLOWED_HOSTS": "prakerja.example", "SECRET_KEY": KEY}


@pytest.fixture
def settings_of(tmp_path):
    """Return the settings of a site with these environment variables and no others."""

    def settings_of(**variables):
        variables = {"ENV_FILE": os.devnull, "DATA_DIR": str(tmp_path)} | variables
        with mock.patch.dict(os.environ, variables, clear=True):
            return runpy.run_path(str(ROOT / "prakerja/settings.py"))

    return settings_of


def test_with_nothing_set_the_site_is_local_and_safe(settings_of):
    site = settings_of()

    assert site["ALLOWED_HOSTS"] == ["localhost", "127.0.0.1", "[::1]"]
    assert site["DEBUG"] is site["DEMO"] is site["HTTPS"] is False
    assert site["DATABASES"]["default"]["ENGINE"].endswith("sqlite3")


def test_a_local_site_makes_its_key_once_and_for_itself(settings_of, tmp_path):
    key = settings_of()["SECRET_KEY"]

    assert len(key) >= 50
    assert settings_of()["SECRET_KEY"] == key
    assert (tmp_path / "secret-key").stat().st_mode & 0o077 == 0
    assert len(list(tmp_path.iterdir())) == 1


def test_a_public_site_speaks_https_only(settings_of):
    site = settings_of(**PUBLIC)

    assert site["SECURE_SSL_REDIRECT"] is True
    assert site["SESSION_COOKIE_SECURE"] is site["CSRF_COOKIE_SECURE"] is True
    assert site["SESSION_COOKIE_NAME"] == "__Host-session"
    assert site["CSRF_COOKIE_NAME"] == "__Host-csrf"
    assert site["SECURE_HSTS_SECONDS"] == 365 * 24 * 60 * 60


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({"SECRET_KEY": ""}, "SECRET_KEY must be given"),
        ({"SMS_GATEWAY": "http://sms.example/"}, "SMS_GATEWAY must be"),
        ({"SMS_GATEWAY": "sms.example"}, "SMS_GATEWAY must be"),
        ({"WEBHOOK_LOOPBACK": "1"}, "WEBHOOK_LOOPBACK must be off"),
        ({"SECRET_KEY": KEY[:49]}, "SECRET_KEY must be given"),
        ({"SECRET_KEY": "abcd" * 20}, "SECRET_KEY must be given"),
        ({"SECRET_KEY": f"django-insecure-{KEY}"}, "SECRET_KEY must be given"),
        ({"SECRET_KEY_FALLBACKS": "short"}, "SECRET_KEY must be given"),
        ({"DEBUG": "1"}, "DEBUG must be off"),
        ({"DEMO": "1"}, "DEMO must be off"),
        ({"HTTPS": "0"}, "HTTPS must be on"),
        ({"ALLOWED_HOSTS": "*"}, "ALLOWED_HOSTS must name"),
        ({"ALLOWED_HOSTS": "localhost,*"}, "ALLOWED_HOSTS must name"),
        ({"CSRF_TRUSTED_ORIGINS": "http://prakerja.example"}, "https://"),
        ({"CACHE_URL": "locmemcache://"}, "CACHE_URL must name a cache"),
        ({"CACHE_URL": "dummycache://"}, "CACHE_URL must name a cache"),
        ({"DATABASE_URL": "mysql://prakerja@db/prakerja"}, "DATABASE_URL must begin"),
        (
            {"DATABASE_URL": "postgres://db/p", "DATABASE_POOL_MAX": "3"},
            "DATABASE_POOL_MAX must not be below",
        ),
        ({"SECRET_KEY_FILE": "/missing/key"}, "SECRET_KEY_FILE: .*/missing/key"),
        ({"DATA_DIR": os.devnull}, "DATA_DIR must be a folder"),
    ],
)
def test_a_public_site_does_not_start_with(settings_of, variables, sentence):
    with pytest.raises(ImproperlyConfigured, match=sentence):
        settings_of(**PUBLIC | variables)


@pytest.mark.parametrize("cache", ["locmemcache://", "dummycache://"])
def test_a_local_site_shares_its_cache_too(settings_of, cache):
    with pytest.raises(ImproperlyConfigured, match="CACHE_URL"):
        settings_of(CACHE_URL=cache)


def test_a_developer_may_use_any_cache(settings_of):
    site = settings_of(DEBUG="1", CACHE_URL="locmemcache://")

    assert site["CACHES"]["default"]["BACKEND"].endswith("LocMemCache")


def test_redis_is_used_when_named(settings_of):
    cache = settings_of(CACHE_URL="redis://cache:6379/0")["CACHES"]["default"]

    assert cache["BACKEND"] == "django.core.cache.backends.redis.RedisCache"
    assert cache["LOCATION"] == "redis://cache:6379/0"


def test_a_secret_is_read_from_a_file_without_its_line_end(settings_of, tmp_path):
    (tmp_path / "key").write_text(f"{KEY}\n")
    variables = PUBLIC | {"SECRET_KEY": "", "SECRET_KEY_FILE": str(tmp_path / "key")}

    assert settings_of(**variables)["SECRET_KEY"] == KEY


def test_an_empty_value_is_no_value(settings_of):
    site = settings_of(ALLOWED_HOSTS="", WEB_THREADS="", CACHE_URL="")

    assert site["ALLOWED_HOSTS"] == site["LOOPBACK"]
    assert site["WEB_THREADS"] == 4


def test_postgresql_keeps_the_options_of_its_url(settings_of):
    url = "postgres://prakerja:rahasia@db:5432/prakerja?sslmode=verify-full"
    options = settings_of(DATABASE_URL=url)["DATABASES"]["default"]["OPTIONS"]

    assert options["sslmode"] == "verify-full"
    assert "statement_timeout" in options["options"]


def test_each_thread_has_a_database_connection(settings_of):
    site = settings_of(DATABASE_URL="postgres://db/prakerja", WEB_THREADS="16")

    assert site["DATABASES"]["default"]["OPTIONS"]["pool"]["max_size"] == 16


def test_every_environment_variable_is_documented_and_none_else():
    read = set()
    for name in ["prakerja/settings.py", "gunicorn.conf.py"]:
        text = (ROOT / name).read_text()
        read |= set(re.findall(r"\benv\.\w+\(\s*[\"']([A-Z_]+)[\"']", text))
    example = (ROOT / ".env.example").read_text()
    documented = set(re.findall(r"^#([A-Z_]+)=", example, re.MULTILINE))

    assert documented == read | {"ENV_FILE"}


@pytest.mark.parametrize(
    "command",
    [["manage.py", "migrate"], ["manage.py", "serve"], ["-m", "gunicorn", "p:w"]],
    ids=" ".join,
)
def test_a_refused_start_is_one_readable_line(command, tmp_path):
    unsafe = {"ENV_FILE": os.devnull, "DATA_DIR": str(tmp_path), "ALLOWED_HOSTS": "*"}

    start = subprocess.run(
        [sys.executable, *command],
        check=False,
        cwd=ROOT,
        env=os.environ | unsafe,
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert start.returncode == 1
    assert start.stderr.count("\n") == 1
    assert start.stderr.startswith("ALLOWED_HOSTS must name the site's hosts")


def test_an_empty_choice_is_written_in_indonesian():
    assert Wave._meta.get_field("kind").get_choices()[0] == ("", "Pilih salah satu")
