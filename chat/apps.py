from django.apps import AppConfig


class ChatConfig(AppConfig):
    name = "chat"

    def ready(self) -> None:
        from chat import signals, task_signals  # noqa: F401  # their receivers need loaded models
        from chat.privacy import register_chat

        register_chat()
