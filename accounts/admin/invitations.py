"""Inviting people in the admin."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import get_adapter
from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.actions import invitations
from accounts.adapter import MailFailed, invitation_url
from accounts.addresses import normal_address
from accounts.admin.audited import AuditedAdmin, the_person
from accounts.models import Invitation, User


class InvitationForm(forms.ModelForm):  # type: ignore[type-arg]  # of the model below
    class Meta:
        model = Invitation
        fields = ("address", "role", "tier", "teams")

    def clean_address(self) -> str:
        address = normal_address(self.cleaned_data["address"])
        if User.objects.filter(email=address).exists():
            raise forms.ValidationError(_("There is an account with this address already."))
        return address


@admin.register(Invitation)
class InvitationAdmin(AuditedAdmin):
    """Made and revoked; nothing of it is changed, since the link is out."""

    told_deeds = ("added",)
    form = InvitationForm
    list_display = ("address", "role", "state", "invited_by", "created_at", "expires_at", "used_at")
    list_select_related = ("invited_by",)
    list_filter = ("role", "used_at")
    search_fields = ("address",)
    autocomplete_fields = ("teams",)
    actions = ("revoke",)
    shown = ("address", "role", "tier", "teams", "state", "invited_by", "created_at", "expires_at", "mailed_at")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return (*self.shown, "used_at", "revoked_at") if obj else InvitationForm.Meta.fields

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # Who was invited by whom is kept for a while.
        return False

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        form.token = invitations.invite(invitation=obj, by=the_person(request))

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        # Not while others wait for the end of the transaction.
        transaction.on_commit(lambda: self._deliver(request, form.instance, form.token))

    def _deliver(self, request: HttpRequest, invitation: Invitation, token: str) -> None:
        """By mail where that is sent; else the administrator gets the link, this once."""
        failed = False
        if settings.SENDS_MAIL:
            try:
                get_adapter().mail_invitation(invitation.address, token, the_person(request))
            except MailFailed:
                failed = True
            else:
                invitations.note_mailed(invitation=invitation)
                messages.success(request, _("A mail is on its way to %s.") % invitation.address)
                return
        context = {"address": invitation.address, "link": invitation_url(token), "failed": failed}
        messages.warning(request, render_to_string("admin/accounts/_invitation_link.html", context))

    @admin.display(description=gettext_lazy("state"))
    def state(self, invitation: Invitation) -> str:
        return invitation.state

    @admin.action(description=gettext_lazy("Revoke the selected invitations"), permissions=["add"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[Invitation]) -> None:
        by = the_person(request)
        count = sum(invitations.revoke_invitation(invitation=one, by=by) for one in queryset)
        said = ngettext("%(count)s open invitation is revoked.", "%(count)s open invitations are revoked.", count)
        messages.success(request, said % {"count": count})
