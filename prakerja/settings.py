"""The one settings file. Every environment variable is described in .env.example.

Secure unless told otherwise. A site whose ALLOWED_HOSTS are all loopback is *local*: it
may speak plain http and make its own secret key, since nobody else can reach it. Any
other site is *public*: it speaks https only, and any unsafe value keeps it from
starting, with one sentence that says which.
"""

import os
import secrets
from pathlib import Path
from typing import NoReturn

import environ
from django.core.checks.security.base import (
    SECRET_KEY_INSECURE_PREFIX,
    SECRET_KEY_MIN_LENGTH,
    SECRET_KEY_MIN_UNIQUE_CHARACTERS,
)
from django.core.exceptions import ImproperlyConfigured
from django.utils.csp import CSP
from environ.fileaware_mapping import FileAwareMapping
from whitenoise.compress import Compressor


class _Variables(FileAwareMapping):  # type: ignore[misc]
    """The environment: empty is unset, and NAME_FILE names a file with NAME's value."""

    def __getitem__(self, key: str) -> str:
        try:
            value = str(super().__getitem__(key)).strip()
        except OSError as error:
            raise ImproperlyConfigured(f"{key}_FILE: {error}") from error
        if not value:
            raise KeyError(key)
        return value


def _refuse(reason: str) -> NoReturn:
    raise ImproperlyConfigured(f"{reason} See .env.example.")


BASE_DIR = Path(__file__).resolve().parent.parent
environ.Env.read_env(os.environ.get("ENV_FILE", BASE_DIR / ".env"))
env = environ.Env()
env.ENVIRON = _Variables()

DEBUG = env.bool("DEBUG", default=False)
DEMO = env.bool("DEMO", default=False)
DATA_DIR: Path = BASE_DIR / env.str("DATA_DIR", default="var")
try:
    DATA_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)
except OSError as error:
    _refuse(f"DATA_DIR must be a folder that can be written to: {error}.")

# --- Who may reach the site -------------------------------------------------

LOOPBACK = ["localhost", "127.0.0.1", "[::1]"]
ALLOWED_HOSTS: list[str] = env.list("ALLOWED_HOSTS", default=LOOPBACK)
PUBLIC = not set(ALLOWED_HOSTS) <= set(LOOPBACK)
HTTPS = env.bool("HTTPS", default=PUBLIC)
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])

if "*" in ALLOWED_HOSTS:
    _refuse("ALLOWED_HOSTS must name the site's hosts: * lets anybody name one.")
if PUBLIC and DEBUG:
    _refuse("DEBUG must be off where ALLOWED_HOSTS names a public host.")
if PUBLIC and DEMO:
    _refuse(
        "DEMO must be off where ALLOWED_HOSTS names a public host: "
        "its passwords are published."
    )
if PUBLIC and not HTTPS:
    _refuse("HTTPS must be on where ALLOWED_HOSTS names a public host.")
if HTTPS and not all(origin.startswith("https://") for origin in CSRF_TRUSTED_ORIGINS):
    _refuse("CSRF_TRUSTED_ORIGINS must all begin with https://.")


def _local_secret_key() -> str:
    """Return the key of a local site, made once and kept in DATA_DIR."""
    path = DATA_DIR / "secret-key"
    if not path.exists():
        # Written aside and linked into place: an interrupted or a second, simultaneous
        # start sees either no key or a whole one.
        draft = DATA_DIR / f"secret-key.{os.getpid()}"
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_urlsafe(64))
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text()


def _is_strong(key: str) -> bool:
    """Say whether a key could be random, by the rule of `check --deploy`."""
    return (
        len(key) >= SECRET_KEY_MIN_LENGTH
        and len(set(key)) >= SECRET_KEY_MIN_UNIQUE_CHARACTERS
        and not key.startswith(SECRET_KEY_INSECURE_PREFIX)
    )


SECRET_KEY = env.str("SECRET_KEY", default="")
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
if PUBLIC and not all(map(_is_strong, [SECRET_KEY, *SECRET_KEY_FALLBACKS])):
    _refuse("SECRET_KEY must be given, random, and of 50 characters or more.")
SECRET_KEY = SECRET_KEY or _local_secret_key()

# --- What it is made of -----------------------------------------------------

INSTALLED_APPS = [
    "whitenoise.runserver_nostatic",
    "prakerja.apps.PrakerjaConfig",
    "participants.apps.ParticipantsConfig",
    "trainings.apps.TrainingsConfig",
    "incentives.apps.IncentivesConfig",
    "jobs.apps.JobsConfig",
    "django_tasks_db",
    "allauth",
    "allauth.account",
    "allauth.usersessions",
    "simple_history",
    "prakerja.apps.AdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.forms",
]

MIDDLEWARE = [
    "prakerja.headers.request_id",
    "prakerja.headers.own_headers",
    "prakerja.health.health",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "participants.session_limits.session_limits",
    "participants.session_limits.LoginRequired",
    "allauth.account.middleware.AccountMiddleware",
    "simple_history.middleware.HistoryRequestMiddleware",
]

ROOT_URLCONF = "prakerja.urls"
WSGI_APPLICATION = "prakerja.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": ["prakerja.rupiah"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "participants.session_limits.session_ends_in",
                "prakerja.demo.demo",
            ],
        },
    }
]
FORM_RENDERER = "prakerja.apps.FormRenderer"

# --- Where it keeps things --------------------------------------------------

DATABASES = {
    "default": env.db(
        "DATABASE_URL", default=f"sqlite:///{DATA_DIR / 'prakerja.sqlite3'}"
    )
}
# Requests that one process answers at once; gunicorn.conf.py starts as many threads.
WEB_THREADS = env.int("WEB_THREADS", default=4)
_database = DATABASES["default"]
_options = _database.setdefault("OPTIONS", {})
if _database["ENGINE"] == "django.db.backends.sqlite3":
    _database["CONN_MAX_AGE"] = 600
    _database["TEST"] = {"NAME": str(DATA_DIR / "test.sqlite3")}
    _options |= {
        # IMMEDIATE: a transaction that will write waits for the lock at its start
        # instead of failing half-way with "database is locked".
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": (
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;"
            "PRAGMA cache_size=-20000; PRAGMA temp_store=MEMORY;"
            "PRAGMA mmap_size=134217728; PRAGMA journal_size_limit=27103364;"
            # Or INSERT OR REPLACE would take rows from the ledger unseen.
            "PRAGMA recursive_triggers=ON;"
        ),
    }
elif _database["ENGINE"] == "django.db.backends.postgresql":
    _options["pool"] = {
        "min_size": 1,
        "max_size": env.int("DATABASE_POOL_MAX", default=WEB_THREADS),
        # Seconds. With a connection for each thread nobody queues, so a wait means
        # that the database is away: say so soon.
        "timeout": 3,
    }
    if _options["pool"]["max_size"] < WEB_THREADS:
        _refuse("DATABASE_POOL_MAX must not be below WEB_THREADS.")
    _options["options"] = (
        "-c statement_timeout=60000 -c lock_timeout=10000"
        " -c idle_in_transaction_session_timeout=60000"
    )
else:
    _refuse("DATABASE_URL must begin with sqlite:/// or postgres://.")

# Login limits live in the cache, so it must be shared by all processes: a table of the
# database unless CACHE_URL says otherwise. A full cache forgets limits, and the 300
# entries that Django allows are full in no time; but each write counts them all, which
# takes 4 ms at 20,000.
CACHES = {
    "default": env.cache("CACHE_URL", default="dbcache://cache?max_entries=20000")
}
if not DEBUG and CACHES["default"]["BACKEND"].endswith(("LocMemCache", "DummyCache")):
    _refuse("CACHE_URL must name a cache that all processes share, or be left out.")

MEDIA_ROOT = DATA_DIR / "media"
MEDIA_URL = "media/"
STATIC_URL = "static/"
STATIC_ROOT = Path(env.str("STATIC_ROOT", default=str(DATA_DIR / "static")))
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = DEBUG
WHITENOISE_MIMETYPES = {".vtt": "text/vtt"}
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = [
    *Compressor.SKIP_COMPRESS_EXTENSIONS,
    "mp3",
    "m4a",
]
WHITENOISE_ALLOW_ALL_ORIGINS = False

# --- Background work --------------------------------------------------------

TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}
# Seconds without a sign of life after which a worker's job goes to another.
JOB_LEASE = env.float("JOB_LEASE", default=60)

# --- Partners ---------------------------------------------------------------

# Whether signed events may go to plain http on this machine, for a demo or a test.
WEBHOOK_LOOPBACK = env.bool("WEBHOOK_LOOPBACK", default=DEMO or DEBUG)
if PUBLIC and WEBHOOK_LOOPBACK:
    _refuse("WEBHOOK_LOOPBACK must be off where ALLOWED_HOSTS names a public host.")

# --- Login ------------------------------------------------------------------

AUTH_USER_MODEL = "participants.User"
AUTHENTICATION_BACKENDS = ["participants.login.Backend"]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "prakerja:dashboard"
LOGOUT_REDIRECT_URL = "prakerja:home"
PASSWORD_HASHERS = [
    "participants.login.PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "participants.passwords.NotTheName",
        "OPTIONS": {"user_attributes": ("email", "full_name")},
    },
    {"NAME": "participants.passwords.LongEnough", "OPTIONS": {"min_length": 8}},
    {"NAME": "participants.passwords.NotCommon"},
    {"NAME": "participants.passwords.NotTheProgramme"},
    {"NAME": "participants.passwords.NotOwnNumbers"},
]
PASSWORD_RESET_TIMEOUT = 24 * 60 * 60  # seconds a link in the mail is good for

ACCOUNT_ADAPTER = "participants.login.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
# allauth's own reads and writes a table of addresses that nothing here uses.
ACCOUNT_PASSWORD_RESET_TOKEN_GENERATOR = (
    "django.contrib.auth.tokens.PasswordResetTokenGenerator"  # noqa: S105
)
# Why so, and the slower limits: participants/login.py. The key of a login is an account
# together with an address.
ACCOUNT_RATE_LIMITS = {
    "login": None,
    "login_failed": "5/300s/key",
    "reset_password": "60/m/ip,5/h/key",
    "reset_password_from_key": "60/m/ip",
    "change_password": "10/m/user,60/h/user",
    "reauthenticate": "10/m/user",
}

# Seconds without a request, and seconds since login, after which a session ends
# (OWASP ASVS 5.0: 7.3.1, 7.3.2).
SESSION_IDLE = env.int("SESSION_IDLE", default=60 * 60)
SESSION_ABSOLUTE = env.int("SESSION_ABSOLUTE", default=12 * 60 * 60)
STAFF_SESSION_IDLE = env.int("STAFF_SESSION_IDLE", default=15 * 60)
STAFF_SESSION_ABSOLUTE = env.int("STAFF_SESSION_ABSOLUTE", default=8 * 60 * 60)
SESSION_COOKIE_AGE = SESSION_ABSOLUTE

# --- Headers and cookies ----------------------------------------------------

SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_NAME = "__Host-session" if HTTPS else "session"
CSRF_COOKIE_NAME = "__Host-csrf" if HTTPS else "csrf"
SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
# gunicorn tells https from http, believing only the proxies of TRUSTED_PROXIES
# (gunicorn.conf.py); here is how many of them add to X-Forwarded-For.
ALLAUTH_TRUSTED_PROXY_COUNT = env.int("PROXY_COUNT", default=int(HTTPS))
X_FRAME_OPTIONS = "DENY"
CSRF_FAILURE_VIEW = "prakerja.errors.csrf_failure"

# Hosts from which staff may link a replacement for an onboarding video.
VIDEO_HOSTS = env.list("VIDEO_HOSTS", default=[])
SECURE_CSP = {
    "default-src": [CSP.NONE],
    "script-src": [CSP.SELF],
    "style-src": [CSP.SELF],
    "img-src": [CSP.SELF],
    "media-src": [CSP.SELF, *(f"https://{host}" for host in VIDEO_HOSTS)],
    "connect-src": [CSP.SELF],
    "form-action": [CSP.SELF],
    "base-uri": [CSP.NONE],
    "frame-ancestors": [CSP.NONE],
}

# --- Mail -------------------------------------------------------------------

DEFAULT_FROM_EMAIL = env.str(
    "DEFAULT_FROM_EMAIL", default="Prakerja <noreply@localhost>"
)
if env.str("EMAIL_HOST", default=""):
    _mailer = {
        "BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "OPTIONS": {
            "host": env.str("EMAIL_HOST"),
            "port": env.int("EMAIL_PORT", default=587),
            "username": env.str("EMAIL_USER", default=""),
            "password": env.str("EMAIL_PASSWORD", default=""),
            "use_tls": env.bool("EMAIL_TLS", default=True),
            "timeout": 10,
        },
    }
elif DEBUG:
    _mailer = {"BACKEND": "django.core.mail.backends.console.EmailBackend"}
else:
    _mailer = {
        "BACKEND": "django.core.mail.backends.filebased.EmailBackend",
        "OPTIONS": {"file_path": DATA_DIR / "mail"},
    }
MAILERS = {"default": _mailer}

# --- SMS --------------------------------------------------------------------

SMS_GATEWAY = env.str("SMS_GATEWAY", default="console" if DEBUG else "file")
SMS_TOKEN = env.str("SMS_TOKEN", default="")
SMS_FOLDER = DATA_DIR / "sms"  # of the file gateway
_sms_schemes = ("https://",) if PUBLIC else ("https://", "http://")
if SMS_GATEWAY not in {"console", "file"} and not SMS_GATEWAY.startswith(_sms_schemes):
    _refuse("SMS_GATEWAY must be console, file, or the https:// address of a gateway.")

# --- Language and time ------------------------------------------------------

LANGUAGE_CODE = "id"
USE_I18N = True
FORMAT_MODULE_PATH = ["prakerja.formats"]
# Every day of the programme is a day in WIB, so this is not a matter of environment.
TIME_ZONE = "Asia/Jakarta"
USE_TZ = True

# --- Logs -------------------------------------------------------------------

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "json": {"()": "prakerja.logs.JsonFormatter"},
        "plain": {"format": "%(levelname)s %(name)s %(message)s"},
    },
    "handlers": {
        "stderr": {
            "class": "logging.StreamHandler",
            "formatter": "plain" if DEBUG else "json",
        }
    },
    "root": {"handlers": ["stderr"], "level": env.str("LOG_LEVEL", default="INFO")},
    "loggers": {"django": {"handlers": [], "level": "INFO", "propagate": True}},
}

# --- Uploads ----------------------------------------------------------------

# Bytes; larger uploads are read away without being kept.
UPLOAD_MAX = env.int("UPLOAD_MAX", default=64 * 1024 * 1024)
FILE_UPLOAD_HANDLERS = [
    "participants.uploads.SizeLimit",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]
