"""Forms about identity providers for the people who use them."""

from __future__ import annotations

from types import SimpleNamespace

from allauth.socialaccount import forms as allauth_forms

from accounts.sso.configured import configured_provider


class DisconnectForm(allauth_forms.DisconnectForm):  # type: ignore[misc]  # allauth has no types
    def save(self) -> None:
        """Also from a provider that is no longer set up, which allauth would look for."""
        account = self.cleaned_data["account"]
        if configured_provider(account.provider) is None:
            account._provider = SimpleNamespace(name=account.provider)
        super().save()
