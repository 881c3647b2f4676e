"""Identity providers and claim rules in the admin. allauth's own rows for them are not used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminPasswordWidget, UnfoldAdminSelectWidget

from accounts.actions.audit import record
from accounts.admin.audited import AuditedAdmin, the_person
from accounts.models import ClaimRule, IdentityProvider
from accounts.models.sso import VENDORS
from accounts.sso.configured import configured_providers, is_protected, of_row
from accounts.sso.faults import Reason, SSOFailed
from accounts.sso.trial import try_provider

if TYPE_CHECKING:
    ProviderFormBase = forms.ModelForm[IdentityProvider]
    RuleFormBase = forms.ModelForm[ClaimRule]
else:
    ProviderFormBase = RuleFormBase = forms.ModelForm

# What each kind needs beside the client's id, which SAML has none of.
NEEDED = {
    "google": ("client_id", "secret"),
    "github": ("client_id", "secret"),
    "microsoft": ("client_id", "secret", "tenant"),
    "oidc": ("client_id", "issuer"),
    "saml": (),
}
# allauth knows these as kinds of provider.
RESERVED = frozenset({*VENDORS, "saml", "openid_connect"})
SECRET_WIDGET = UnfoldAdminPasswordWidget(render_value=False, attrs={"autocomplete": "new-password"})

for _model in (SocialAccount, SocialApp, SocialToken):
    admin.site.unregister(_model)


class IdentityProviderForm(ProviderFormBase):
    new_secret = forms.CharField(
        label=gettext_lazy("Client secret"),
        required=False,
        widget=SECRET_WIDGET,
        help_text=gettext_lazy("Stored encrypted and never shown. Blank keeps the one that is stored."),
    )

    class Meta:
        model = IdentityProvider
        exclude = ("secret",)
        help_texts = {
            "slug": gettext_lazy(
                "Part of the addresses that you give the provider. Google, GitHub and Microsoft have their own name."
            ),
            "issuer": gettext_lazy(
                "For OpenID Connect: the address that the issuer calls itself, without /.well-known."
            ),
            "tenant": gettext_lazy("For Microsoft: the number or domain of your tenant."),
            "metadata_url": gettext_lazy("For SAML: where the provider describes itself."),
            "metadata": gettext_lazy("For SAML: or that description itself, as XML."),
            "entity_id": gettext_lazy("For SAML: which provider, where the description has several."),
            "creates_accounts": gettext_lazy("People without an account here get one when they first sign in."),
            "trusts_addresses": gettext_lazy(
                "Takes every address as confirmed, whatever the provider says. Only for a provider of your own: "
                "who can choose an address there could take over the account with that address here."
            ),
        }

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        # Once it is stored it can't be changed, nor its name.
        kind = data.get("kind", self.instance.kind)
        if "slug" in self.fields:
            self._clean_slug(data, kind)
        for name in NEEDED.get(kind, ()):
            has_it = data.get("new_secret") or self.instance.secret if name == "secret" else data.get(name)
            if not has_it:
                self.add_error("new_secret" if name == "secret" else name, _("This kind of provider needs it."))
        self._clean_addresses(data, kind)
        return data

    def _clean_slug(self, data: dict[str, Any], kind: str) -> None:
        if kind in VENDORS:
            data["slug"] = kind
        elif not data.get("slug") and "slug" not in self.errors:
            self.add_error("slug", _("Choose a name, such as works."))
        elif data.get("slug") in RESERVED.difference([kind]):
            self.add_error("slug", _("This name belongs to a provider of its own kind. Choose another."))
        if data.get("slug") in [one["slug"] for one in settings.SSO_PROVIDERS]:
            self.add_error("slug", _("The environment sets up a provider of this name. Change it there."))

    def _clean_addresses(self, data: dict[str, Any], kind: str) -> None:
        for name in ("issuer", "metadata_url"):
            if data.get(name) and not is_protected(data[name]):
                self.add_error(name, _("This has to be an https:// address."))
        if kind == "saml" and bool(data.get("metadata_url")) == bool(data.get("metadata", "").strip()):
            self.add_error("metadata_url", _("Give either the address of the metadata or the metadata."))
        if kind == "oidc" and "openid" not in data.get("scopes", "").split():
            self.add_error("scopes", _("openid has to be among them."))

    def save(self, commit: bool = True) -> IdentityProvider:
        if self.cleaned_data["new_secret"]:
            self.instance.keep_secret(self.cleaned_data["new_secret"])
        return super().save(commit)


class AdministratorsAdmin(AuditedAdmin):
    """For superusers alone: who may change this could make themselves anything."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_active and request.user.is_superuser)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_module_permission(request)

    has_add_permission = has_change_permission = has_delete_permission = has_view_permission


@admin.register(IdentityProvider)
class IdentityProviderAdmin(AdministratorsAdmin):
    form = IdentityProviderForm
    list_display = ("__str__", "kind", "slug", "creates_accounts", "trusts_addresses", "is_active")
    list_filter = ("kind", "is_active")
    readonly_fields = ("addresses",)
    actions = ["test"]
    fieldsets = (
        (None, {"fields": ("kind", "slug", "name", "is_active")}),
        (
            gettext_lazy("OpenID Connect and GitHub"),
            {"fields": ("client_id", "new_secret", "issuer", "tenant", "scopes")},
        ),
        ("SAML", {"fields": ("metadata_url", "metadata", "entity_id")}),
        (gettext_lazy("People"), {"fields": ("creates_accounts", "trusts_addresses")}),
        (gettext_lazy("For the provider"), {"fields": ("addresses",)}),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Its name stands in addresses that the provider knows, and in what is kept of its people."""
        return ("kind", "slug", *self.readonly_fields) if obj else self.readonly_fields

    @admin.action(description=gettext_lazy("Test the selected identity providers"))
    def test(self, request: HttpRequest, queryset: QuerySet[IdentityProvider]) -> None:
        for row in queryset:
            try:
                self.message_user(request, f"{row}: {try_provider(of_row(row))}", messages.SUCCESS)
            except SSOFailed as fault:
                self.message_user(request, f"{row}: {Reason(fault.reason).label}. ({fault.detail})", messages.ERROR)
            record("sso.provider_tested", by=the_person(request), on=row)

    @admin.display(description=gettext_lazy("addresses"))
    def addresses(self, row: IdentityProvider) -> str:
        """What is to be entered at the provider's."""
        if not row.slug:
            return _("They are shown here once it is saved.")
        if row.kind == "saml":
            names = [(_("Metadata of this site"), "saml_metadata"), (_("Assertions go to"), "saml_acs")]
            names.append((_("Logouts go to"), "saml_sls"))
        elif row.kind == "github":
            names = [(_("Callback"), "github_callback")]
        else:
            names = [
                (_("Redirect address"), "openid_connect_callback"),
                (_("Back-channel logout"), "backchannel_logout"),
            ]
        args = [] if row.kind == "github" else [row.slug]
        lines = [
            format_html("{}: <code>{}{}</code>", words, settings.APP_BASE_URL, reverse(name, args=args))
            for words, name in names
        ]
        return format_html("<br>".join("{}" for _line in lines), *lines)


class ClaimRuleForm(RuleFormBase):
    class Meta:
        model = ClaimRule
        fields = ("position", "provider", "claim", "pattern", "effect", "role", "team", "tier", "counts_as")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = {one.slug: one.name for one in configured_providers()}
        if self.instance.provider:
            names.setdefault(self.instance.provider, self.instance.provider)
        self.fields["provider"] = forms.ChoiceField(
            label=_("Identity provider"),
            required=False,
            choices=[("", _("All of them")), *names.items()],
            widget=UnfoldAdminSelectWidget,
        )

    def clean(self) -> dict[str, Any]:
        """What doesn't belong to the effect is not kept: it stays in the form when the effect is changed."""
        data: dict[str, Any] = super().clean() or {}
        effect = data.get("effect", "")
        for name, nothing in (("role", ""), ("team", None), ("tier", ""), ("counts_as", "")):
            if name != effect:
                data[name] = nothing
            elif not data.get(name) and name not in self.errors:
                self.add_error(name, _("This effect needs it."))
        return data


@admin.register(ClaimRule)
class ClaimRuleAdmin(AdministratorsAdmin):
    form = ClaimRuleForm
    list_display = ("__str__", "position", "provider", "effect", "gives")
    list_editable = ("position",)
    list_select_related = ("team",)

    @admin.display(description=gettext_lazy("gives"))
    def gives(self, rule: ClaimRule) -> str:
        return str(rule.team) if rule.team else rule.value
