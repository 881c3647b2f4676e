from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ProvidersConfig(AppConfig):
    name = "providers"
    verbose_name = _("Providers and money")

    def ready(self) -> None:
        from providers.privacy import register_providers  # it needs loaded models

        register_providers()
