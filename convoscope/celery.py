"""The Celery application."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "convoscope.settings.current")

app = Celery("convoscope")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
