"""Does one thing of the background after another on a test's database, each in a process of its own that can be killed.

`python -m tests.support.killed`: reads names from its input; for each it forks, writes the number of the child, and
writes how that ended: 0, or the signal that killed it. To fork is what makes many processes cheap.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from typing import Any

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "convoscope.settings.test"

from convoscope.settings import test as settings

settings.DATABASES["default"]["NAME"] = json.loads(os.environ["KILLED_DATABASE"])["NAME"]
settings.RETENTION_DAYS = 90
django.setup()

from django.core.cache import cache  # noqa: E402

from chat.actions import branches, entities, lifecycle, purging, summaries  # noqa: E402
from chat.models import Conversation  # noqa: E402
from providers.registry import ADAPTERS  # noqa: E402

ADAPTERS["offline"] = "tests.support.at_once"


def update_summaries() -> None:
    for conversation_id in Conversation.objects.order_by("id").values_list("id", flat=True):
        summaries.summarise_conversation(conversation_id)


def extract_entities() -> None:
    for conversation_id in Conversation.objects.order_by("id").values_list("id", flat=True):
        entities.extract_entities(conversation_id)


THINGS: dict[str, Callable[[], Any]] = {
    "purge_trash": purging.purge_conversations,
    "purge_deleted_messages": branches.purge_deleted_messages,
    "pause_idle": lifecycle.pause_idle,
    "expire_old": lifecycle.expire_old,
    "update_summary": update_summaries,
    "extract_entities": extract_entities,
}


def say(word: object) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


say("ready")
for line in sys.stdin:
    child = os.fork()
    if child == 0:
        # The claims of those who were killed end with their time, which nobody waits for here.
        cache.clear()
        THINGS[line.strip()]()
        os._exit(0)
    say(child)
    status = os.waitpid(child, 0)[1]
    say(os.WTERMSIG(status) if os.WIFSIGNALED(status) else status)
