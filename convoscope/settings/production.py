"""What production adds, and the unsafe settings it refuses to start with."""

from __future__ import annotations

from django.core.exceptions import ImproperlyConfigured

from convoscope.settings.base import ALLOWED_HOSTS, APP_BASE_URL, DEBUG, SECRET_KEY

if len(SECRET_KEY) < 32:
    raise ImproperlyConfigured("APP_SECRET_KEY must be set to a secret of 32 characters or more in production.")
if DEBUG:
    raise ImproperlyConfigured("APP_DEBUG must be false in production.")
if not APP_BASE_URL.startswith("https://"):
    raise ImproperlyConfigured("APP_BASE_URL must be the https:// address people use in production.")
if "*" in ALLOWED_HOSTS:
    raise ImproperlyConfigured("APP_ALLOWED_HOSTS must name the hosts in production, not *.")

SECURE_SSL_REDIRECT = True
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_HSTS_SECONDS = 365 * 24 * 3600
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SECURE_REDIRECT_EXEMPT = [r"^health/"]
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
LANGUAGE_COOKIE_SECURE = True
