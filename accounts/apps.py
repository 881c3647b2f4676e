from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = _("People")

    def ready(self) -> None:
        from accounts import signals  # noqa: F401  # its receivers need loaded models
        from accounts.privacy.of_accounts import register_accounts
        from accounts.sso import signals as sso_signals  # noqa: F401  # so do these

        register_accounts()
