"""The pages of the second factor that allauth's don't do as they are."""

from __future__ import annotations

from typing import Any, cast

from allauth.mfa.adapter import get_adapter
from allauth.mfa.webauthn import views as allauth_views
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.urls import reverse_lazy
from django.utils.decorators import method_decorator
from django.views.generic.edit import FormView

from accounts.views.limits import limited_by_network


class PasskeyRemoveView(allauth_views.RemoveWebAuthnView):  # type: ignore[misc]  # allauth has no types
    """It asks whether this is the last factor of somebody who needs one."""

    success_url = reverse_lazy("mfa_index")

    def form_valid(self, form: Any) -> HttpResponse:
        adapter = get_adapter()
        if not adapter.can_delete_authenticator(self.object):
            form.add_error(None, adapter.validation_error("cannot_delete_authenticator"))
            return cast(HttpResponse, self.form_invalid(form))
        return cast(HttpResponse, super().form_valid(form))


@method_decorator(login_required, name="dispatch")
class PasskeyReauthenticateView(allauth_views.ReauthenticateWebAuthnView):  # type: ignore[misc]  # allauth has no types
    """What was refused is said where it was tried."""

    def form_invalid(self, form: Any) -> HttpResponse:
        return FormView.form_invalid(self, form)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        # allauth's forgets the form that is given.
        return cast(dict[str, Any], super().get_context_data(**kwargs)) | kwargs


class PasskeyRenameView(allauth_views.EditWebAuthnView):  # type: ignore[misc]  # allauth has no types
    success_url = reverse_lazy("mfa_index")


class PasskeyAddView(allauth_views.AddWebAuthnView):  # type: ignore[misc]  # allauth has no types
    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        # allauth's forgets the form that is given.
        return cast(dict[str, Any], super().get_context_data(**kwargs)) | kwargs


# Each look begins a session, which holds what is to be signed.
passkey_login = limited_by_network("passkeys")(allauth_views.login_webauthn)
