"""Settings shared by every environment. What an operator may change is read through `env`."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from csp.constants import NONCE, UNSAFE_EVAL, UNSAFE_INLINE

from convoscope.settings import env
from convoscope.settings.accounts import *  # noqa: F403  # they are settings as they stand
from convoscope.settings.admin_theme import UNFOLD as UNFOLD
from convoscope.settings.moderation import *  # noqa: F403
from convoscope.settings.people import SIGNUP_POLICIES, roles, sign_up_domains
from convoscope.settings.privacy import (  # noqa: F401  # settings by being here
    ANALYTICS_RETENTION_DAYS,
    ERASURE_GRACE_DAYS,
    HEALTH_RETENTION_DAYS,
    PROFILE_NOTICE_DAYS,
    STORAGES,
    encrypts_content,
)
from convoscope.settings.schedule import SCHEDULE
from convoscope.settings.server_addresses import database_server, redis_url
from convoscope.settings.servers import (
    LOCAL_CACHE,
    LOCAL_LAYER,
    REDIS_BROKER_OPTIONS,
    REDIS_TIMEOUTS,
    postgresql,
    redis_cache,
    redis_layer,
    sqlite,
)
from convoscope.settings.tiers import tier_limits
from convoscope.settings.tokens import *  # noqa: F403
from convoscope.settings.tokens import HEADLESS_JWT_PRIVATE_KEY, made_key

BASE_DIR = Path(__file__).resolve().parents[2]
env.load_dotenv(Path(env.text("APP_DOTENV", str(BASE_DIR / ".env"))))

# That of pyproject.toml, which isn't everywhere where the app runs.
APP_VERSION = "0.1.0"
APP_ENV = env.choice("APP_ENV", "development", ("development", "staging", "production"), also="ENVIRONMENT")
IS_PRODUCTION = APP_ENV == "production"
DEBUG = env.boolean("APP_DEBUG", False)
VAR_DIR = Path(env.text("APP_VAR_DIR", str(BASE_DIR / "var"))).resolve()
VAR_DIR.mkdir(parents=True, exist_ok=True)


def _kept_secret(path: Path, make: Callable[[], str]) -> str:
    """A key made once and kept in `var/`, so that sessions outlive a restart in development."""
    if not path.exists():
        # Written whole under another name first: a second process that starts now never reads half a key.
        made = path.with_suffix(f".{secrets.token_hex(4)}")
        with os.fdopen(os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(make())
        with suppress(FileExistsError):
            os.link(made, path)
        made.unlink()
    return path.read_text(encoding="utf-8")


SECRET_KEY = env.secret("APP_SECRET_KEY") or (
    "" if IS_PRODUCTION else _kept_secret(VAR_DIR / "secret_key", secrets.token_urlsafe)
)
# What secrets in the database are encrypted under, newest first; the secret key where there is none.
FIELD_ENCRYPTION_KEYS = env.secrets("FIELD_ENCRYPTION_KEYS", minimum_chars=32)
ENCRYPT_CONTENT = encrypts_content("ENCRYPT_CONTENT", keys=FIELD_ENCRYPTION_KEYS)

# No other process could check the tokens that one signs with a key of its own.
if not HEADLESS_JWT_PRIVATE_KEY and not IS_PRODUCTION:
    HEADLESS_JWT_PRIVATE_KEY = _kept_secret(VAR_DIR / "jwt_key.pem", made_key)

# Where the app listens
APP_HOST = env.text("APP_HOST", "127.0.0.1")
APP_PORT = env.integer("APP_PORT", 8000, minimum=1, maximum=65535)
APP_BASE_URL = env.text("APP_BASE_URL", f"http://localhost:{APP_PORT}").rstrip("/")
TOKEN_ISSUER = env.text("JWT_ISSUER", APP_BASE_URL)
TOKEN_AUDIENCE = env.text("JWT_AUDIENCE", APP_BASE_URL)
ALLOWED_HOSTS = [
    *env.words("APP_ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]"),
    *filter(None, [urlsplit(APP_BASE_URL).hostname]),
]
CSRF_TRUSTED_ORIGINS = [APP_BASE_URL]

INSTALLED_APPS = [
    # The admin's theme, which puts its own site in the place of Django's.
    "unfold",
    "unfold.contrib.filters",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "channels",
    "allauth",
    "allauth.account",
    "allauth.headless",
    "allauth.mfa",
    "allauth.usersessions",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.github",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.socialaccount.providers.saml",
    "django_htmx",
    "django_ratelimit",
    "heroicons",
    "convoscope",
    "accounts",
    "providers",
    "chat",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    # Before those that give files: what browsers are told of pages holds for them too.
    "convoscope.permissions_policy.PermissionsPolicyMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "convoscope.content_policy.ContentPolicyMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "convoscope.bundles.BundlesMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "accounts.origin.OriginMiddleware",
    "accounts.middleware.LanguageMiddleware",
    "accounts.middleware.SessionUseMiddleware",
    "accounts.middleware.SecondFactorMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "convoscope.middleware.FragmentMiddleware",
    "convoscope.middleware.SpeculationMiddleware",
    "accounts.middleware.VisitorLimitMiddleware",
    "accounts.terms.TermsMiddleware",
    "accounts.middleware.TimeZoneMiddleware",
    "convoscope.middleware.ErrorMiddleware",
]

ROOT_URLCONF = "convoscope.urls"
ASGI_APPLICATION = "convoscope.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
                "accounts.context_processors.people",
            ],
            "libraries": {"i18n": "convoscope.wording"},
            "builtins": ["convoscope.addresses"],
        },
    }
]

# Without servers the app is one process on SQLite. PostgreSQL and Redis together make several; either alone does not.
DATABASE_SERVER = database_server("DATABASE_URL")
DATABASE_POOL_SIZE = env.integer("DATABASE_POOL_SIZE", 20, minimum=1, maximum=1000)
DATABASE_MAX_OVERFLOW = env.integer("DATABASE_MAX_OVERFLOW", 10, maximum=1000)
DATABASE_ECHO = env.boolean("DATABASE_ECHO", False)
REDIS_URL = redis_url("REDIS_URL", number="REDIS_DB")
# No other process serves: there is nobody to tell over the channel layer what this process did.
IS_EMBEDDED = DATABASE_SERVER is None or not REDIS_URL

DATABASES: dict[str, dict[str, Any]] = {
    "default": sqlite(VAR_DIR / "convoscope.sqlite3")
    if DATABASE_SERVER is None
    else postgresql(DATABASE_SERVER, max_connections=DATABASE_POOL_SIZE + DATABASE_MAX_OVERFLOW)
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

CACHES: dict[str, dict[str, Any]] = {"default": redis_cache(REDIS_URL) if REDIS_URL else LOCAL_CACHE}
CHANNEL_LAYERS: dict[str, dict[str, Any]] = {"default": redis_layer(REDIS_URL) if REDIS_URL else LOCAL_LAYER}
SESSION_ENGINE = "convoscope.sessions"

# People; more of them stands in accounts.py
# The only account that becomes administrator by signing up. Without it the first one does, but in production nobody.
ADMIN_EMAIL = env.address("ADMIN_EMAIL")
SIGNUP_POLICY = env.choice("SIGNUP_POLICY", "invitation" if IS_PRODUCTION else "open", SIGNUP_POLICIES)
SIGNUP_DOMAINS = sign_up_domains("SIGNUP_DOMAINS", policy=SIGNUP_POLICY)
# Whose roles need a second factor; teams say so themselves.
MFA_REQUIRED_ROLES = roles("MFA_REQUIRED_ROLES")

# Signing in through identity providers, read here because .env is loaded above
from convoscope.settings.sso import *  # noqa: E402, F403  # they are settings as they stand

# Limits: what people without a tier, each tier and each address of visitors may ask for
RATE_LIMIT_REQUESTS = env.integer("RATE_LIMIT_REQUESTS", 100, minimum=1)
RATE_LIMIT_WINDOW = env.integer("RATE_LIMIT_WINDOW", 60, minimum=1, maximum=24 * 3600)
RATE_LIMIT_IP_REQUESTS = env.integer("RATE_LIMIT_IP_REQUESTS", 60, minimum=1)
TIER_LIMITS = tier_limits("TIER_LIMITS")
RATE_LIMIT_REDIS_OPTIONS = REDIS_TIMEOUTS
# Where the cache fails, nobody is locked out.
RATELIMIT_FAIL_OPEN = True
SILENCED_SYSTEM_CHECKS = [
    # It wants a cache that processes share. Memory of the process is chosen only where one process serves, which holds
    # a lock so that it stays the only one; the threads of that process do share it, and count in it under a lock.
    "django_ratelimit.E003",
    # It knows its own list of caches. Ours on Redis is Django's, which adds with SET NX and counts with INCR.
    "django_ratelimit.W001",
    # Two libraries of tags have one name: ours is meant to be found instead of Django's, see `convoscope/wording.py`.
    "templates.W003",
]

# Mail
_mail = env.mail("EMAIL_URL")
SENDS_MAIL = bool(_mail.host)
EMAIL_BACKEND = f"django.core.mail.backends.{'smtp' if SENDS_MAIL else 'console'}.EmailBackend"
EMAIL_HOST, EMAIL_PORT = _mail.host, _mail.port
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = _mail.user, _mail.password
EMAIL_USE_TLS, EMAIL_USE_SSL = _mail.use_starttls, _mail.use_tls
# People wait for these mails on a page.
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL", "convoscope@localhost")
ACCOUNT_EMAIL_VERIFICATION = "mandatory" if SENDS_MAIL else "none"
ACCOUNT_EMAIL_NOTIFICATIONS = SENDS_MAIL

# Pages
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("vi", "Tiếng Việt")]
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = "convoscope.formats"
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
TIME_ZONE = "UTC"
USE_TZ = True
STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
STATIC_ROOT.mkdir(exist_ok=True)
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_ROOT = VAR_DIR / "media"
# Without a collectstatic step (the embedded set-up) files are served from where they stand.
WHITENOISE_USE_FINDERS = True
# Read again at each request where somebody edits them.
WHITENOISE_AUTOREFRESH = DEBUG
WHITENOISE_MIMETYPES = {"speculation-rules.json": "application/speculationrules+json"}

# Security
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "convoscope.failures.csrf_failed"
CHAT_MESSAGE_MAX_CHARS = env.integer("CHAT_MESSAGE_MAX_CHARS", 100_000, minimum=1)
# A single field takes a message of CHAT_MESSAGE_MAX_CHARS in four-byte characters, form-encoded three-fold.
DATA_UPLOAD_MAX_MEMORY_SIZE = max(5 * 2**20, 12 * CHAT_MESSAGE_MAX_CHARS + 2**16)
# Who selects more conversations than one request takes is told so.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000
CONTENT_SECURITY_POLICY: dict[str, Any] = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'", NONCE],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "manifest-src": ["'self'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
        "base-uri": ["'none'"],
    }
}
# What the admin's theme needs beyond that, below /admin/ alone: it makes functions of the expressions in its templates.
ADMIN_CONTENT_SECURITY_POLICY = {"script-src": [UNSAFE_EVAL], "style-src-attr": [UNSAFE_INLINE]}

# Providers: an endpoint is on when its key, or for local ones its URL, is set
PROVIDERS = env.providers()
PROVIDER_PRIORITY = env.provider_names("PROVIDER_PRIORITY", "openai,anthropic,gemini,openrouter")
DEFAULT_LLM_PROVIDER = env.default_provider("DEFAULT_LLM_PROVIDER", also="DEFAULT_PROVIDER", on=PROVIDERS)
# How often the same model is asked again, and until when anything new is tried for a request.
LLM_MAX_RETRIES = env.integer("LLM_MAX_RETRIES", 3, maximum=10)
LLM_TIMEOUT = env.seconds("LLM_TIMEOUT", 120, also="LLM_REQUEST_TIMEOUT", minimum=1)
# Whether a second model is asked beside a first one that is slower to begin than it is in 19 of 20 calls.
LLM_HEDGING = env.boolean("LLM_HEDGING", False)
# The model "auto": what makes a question work, and the class of models that answers it
AUTO_MODEL_ENABLED = env.boolean("AUTO_MODEL_ENABLED", True)
AUTO_MODEL_WORK_WORDS = env.words("AUTO_MODEL_WORK_WORDS", env.AUTO_MODEL_WORDS)
AUTO_MODEL_MIN_WORDS = env.integer("AUTO_MODEL_MIN_WORDS", 8, minimum=1, maximum=1000)
AUTO_MODEL_STANDARD_SCORE = env.decimal("AUTO_MODEL_STANDARD_SCORE", 0.3, minimum=0, maximum=1)
AUTO_MODEL_PREMIUM_SCORE = env.decimal("AUTO_MODEL_PREMIUM_SCORE", 0.6, minimum=0, maximum=1)
AUTO_MODEL_LIGHT_CLASS = env.choice("AUTO_MODEL_LIGHT_CLASS", "economy", env.MODEL_CLASSES)
AUTO_MODEL_MIDDLE_CLASS = env.choice("AUTO_MODEL_MIDDLE_CLASS", "standard", env.MODEL_CLASSES)
AUTO_MODEL_WORK_CLASS = env.choice("AUTO_MODEL_WORK_CLASS", "premium", env.MODEL_CLASSES)
# The model for work in the background, the cheapest of the default provider's economy class where none is named; and
# which of that work is done
TASK_MODEL = env.model_name("TASK_MODEL")
AUTO_TITLES = env.boolean("AUTO_TITLES", True)
AUTO_FOLLOW_UPS = env.boolean("AUTO_FOLLOW_UPS", True)
ASK_BACK = env.boolean("ASK_BACK", True)
# Whether people may bring keys of their own along
OWN_KEYS_ALLOWED = env.boolean("OWN_KEYS_ALLOWED", False)
# How long an administrator waits for the test of a key, and one of the threads for requests with them.
ENDPOINT_TEST_SECONDS = 10.0

# How long an answer is given again to the same request; 0 for never.
CACHE_TTL = env.integer("CACHE_TTL", 3600, maximum=30 * 24 * 3600)

# Chat
MAX_CONVERSATION_HISTORY = env.integer("MAX_CONVERSATION_HISTORY", 100, minimum=1)
# How much of what was said a model is given at most, however large its window is
CONTEXT_TARGET_TOKENS = env.integer("CONTEXT_TARGET_TOKENS", 25_000, minimum=1_000)
DEFAULT_TEMPERATURE = env.decimal("DEFAULT_TEMPERATURE", 0.7, minimum=0, maximum=2)
STREAM_MAX_SECONDS = env.seconds("STREAM_MAX_SECONDS", 300, minimum=1)
# How long the trash keeps what was deleted, and a temporary chat lasts after its last message
TRASH_DAYS = 30
TEMPORARY_CHAT_HOURS = 24
# How long a conversation keeps its messages once it is completed, 0 for as long as its owner wants; and how long before
# their end its owner is told
RETENTION_DAYS = env.integer("RETENTION_DAYS", 0, maximum=36_500)
EXPIRY_NOTICE_DAYS = 14

# Networks of one's own that pages may be fetched from, beside the internet
FETCH_ALLOWED_NETWORKS = env.networks("FETCH_ALLOWED_NETWORKS")

# How long the audit log keeps its entries
AUDIT_RETENTION_DAYS = env.integer("AUDIT_RETENTION_DAYS", 2555, minimum=1, maximum=36_500)
# Days after the last sign-in after which an account is erased; never, where nobody chose so
PROFILE_RETENTION_DAYS = env.integer("PROFILE_RETENTION_DAYS", 0, maximum=36_500)

# How large a file may be that is attached to a message
MAX_UPLOAD_BYTES = env.integer("MAX_UPLOAD_BYTES", 20 * 2**20, minimum=1, maximum=1_000_000_000)
MESSAGE_MAX_FILES = 10

# How long a thread for uploads lets it be read, and waits for a turn
ATTACHMENT_READ_SECONDS = 40.0
ATTACHMENT_WAIT_SECONDS = 5.0

# Whether people may give out links at which others read a conversation without signing in
SHARING_ALLOWED = env.boolean("SHARING_ALLOWED", True)

# How large a file of conversations may be that a person brings
IMPORT_MAX_BYTES = env.integer("IMPORT_MAX_BYTES", 500_000_000, minimum=1, maximum=2_000_000_000)
# Where people who are signed in bring files, by the pattern of the address, and how large; threads of their own answer
# there. Every other body is one of fields.
UPLOADS = {
    "/imports/": IMPORT_MAX_BYTES,
    "/attachments/": MAX_UPLOAD_BYTES,
    # Without scripts files come with their message.
    "/conversations/([^/]+/messages/)?": MESSAGE_MAX_FILES * MAX_UPLOAD_BYTES,
    "/messages/[^/]+/edit/": MESSAGE_MAX_FILES * MAX_UPLOAD_BYTES,
}

# From how much on the composer shows what the next turn is likely to cost, in dollars
COST_ESTIMATE_MIN_USD = env.decimal("COST_ESTIMATE_MIN_USD", 0.01, minimum=0, maximum=1_000_000)

# Runs
RUN_LEASE_SECONDS = 30.0
RUN_MAX_RECOVERIES = env.integer("RUN_MAX_RECOVERIES", 2)
DRAIN_SECONDS = env.seconds("DRAIN_SECONDS", 2 if IS_EMBEDDED else 20, maximum=600)
# A second serving process would share neither pages nor, on SQLite, the engine's view of who is alive.
HOLDS_VAR_LOCK = IS_EMBEDDED

# Celery, embedded: an in-memory broker with worker and beat as threads of the serving process
CELERY_IS_EMBEDDED = not REDIS_URL
CELERY_BROKER_URL = REDIS_URL or "memory://localhost"
CELERY_BROKER_TRANSPORT_OPTIONS = REDIS_BROKER_OPTIONS if REDIS_URL else {}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# Who queues a task waits for the broker, so not long: the sweeps find what it didn't take.
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 1, "interval_start": 0}
CELERY_TASK_IGNORE_RESULT = True
CELERY_BEAT_SCHEDULE = SCHEDULE

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)-7s %(name)s: %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "loggers": {
        # It logs every request's full address, which for some vendors holds the key.
        "httpx2": {"level": "WARNING"},
        **({"django.db.backends": {"level": "DEBUG"}} if DATABASE_ECHO else {}),
    },
    "root": {
        "handlers": ["console"],
        "level": env.choice("APP_LOG_LEVEL", "info", ("debug", "info", "warning", "error"), also="LOG_LEVEL").upper(),
    },
}
