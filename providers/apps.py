from django.apps import AppConfig


class ProvidersConfig(AppConfig):
    name = "providers"

    def ready(self) -> None:
        from providers.privacy import register_providers  # it needs loaded models

        register_providers()
