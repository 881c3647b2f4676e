from django.apps import AppConfig
from django.conf import settings
from django.utils.translation import gettext_lazy as _


class ChatConfig(AppConfig):
    name = "chat"
    verbose_name = _("Conversations")

    def ready(self) -> None:
        from chat import signals, task_signals  # noqa: F401  # their receivers need loaded models
        from chat.privacy import register_chat

        register_chat()
        if settings.REDACT_LOGS:
            from chat.guards.logs import redact_records  # its patterns take a while to read

            redact_records()
