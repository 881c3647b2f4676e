"""People, teams and keys in the admin."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from allauth.account.adapter import get_adapter
from allauth.account.admin import EmailAddressAdmin
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group
from django.db import transaction
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import TabularInline
from unfold.contrib.filters.admin import AutocompleteSelectFilter
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from accounts.actions import people
from accounts.actions.audit import record
from accounts.addresses import normal_address
from accounts.admin.audited import AuditedAdmin, the_person
from accounts.admin.read_only import ReadOnlyAdmin
from accounts.models import APIKey, Membership, Preferences, Role, Team, User
from accounts.sessions import close_sessions_of, close_sessions_without_factor

if TYPE_CHECKING:
    UserAdminBase = DjangoUserAdmin[User]
    MembershipInlineBase = admin.TabularInline[Membership, Team]
else:
    UserAdminBase, MembershipInlineBase = DjangoUserAdmin, TabularInline


# What decides what a person may do, beside their roles.
RIGHTS = ("tier", "is_staff", "is_superuser")


class OneAddress(forms.Form):
    """An address is stored in one form only, and belongs to one person in whatever form it is typed."""

    def clean_email(self) -> str:
        address = normal_address(self.cleaned_data["email"])
        if User.objects.filter(email=address).exclude(pk=getattr(self, "instance", User()).pk).exists():
            raise forms.ValidationError(_("There is an account with this address already."))
        return address


class PersonForm(OneAddress, UserChangeForm):  # type: ignore[misc]  # the theme has no types
    class Meta:
        model = User
        fields = "__all__"

    def clean(self) -> dict[str, Any]:
        """By the role alone somebody would keep a part of the rights that an administrator meant to take; without an
        administrator nobody could give any back."""
        data: dict[str, Any] = super().clean() or {}
        has_role = any(group.name == Role.ADMINISTRATOR for group in data.get("groups", ()))
        if has_role and not data.get("is_superuser"):
            words = _("The role administrator and this status go together: give both, or take both away.")
            self.add_error("is_superuser", words)
        if not data.get("is_superuser") and self._is_last_administrator():
            self.add_error("is_superuser", _("This is the only administrator. Make somebody else one first."))
        return data

    def _is_last_administrator(self) -> bool:
        # Two who take it from each other at the same moment would leave none.
        people.lock_administrators()
        is_one = User.objects.filter(pk=self.instance.pk, is_superuser=True, is_active=True).exists()
        return is_one and people.is_last_administrator(self.instance)


class NewPersonForm(OneAddress, UserCreationForm):  # type: ignore[misc]  # the theme has no types
    class Meta:
        model = User
        fields = ("email",)


class PasswordForm(AdminPasswordChangeForm):  # type: ignore[misc]  # the theme has no types
    def save(self, commit: bool = True) -> Any:
        """Also ends the person's sockets, like a password that they change themselves."""
        user = super().save(commit=commit)
        close_sessions_of(user)
        return user


@admin.register(User)
class UserAdmin(AuditedAdmin, UserAdminBase):
    told_fields = (*RIGHTS, "groups")
    form = PersonForm
    add_form = NewPersonForm
    change_password_form = PasswordForm
    fieldsets = (
        (None, {"fields": ("email", "password")}),
        (gettext_lazy("Person"), {"fields": ("first_name", "last_name", "tier", "theme", "language")}),
        (gettext_lazy("Rights"), {"fields": ("standing", "is_staff", "is_superuser", "groups")}),
        (gettext_lazy("Dates"), {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = ((None, {"classes": ("wide",), "fields": ("email", "usable_password", "password1", "password2")}),)
    readonly_fields = ("standing", "last_login", "date_joined")
    list_display = ("email", "tier", "is_staff", "is_active", "last_login", "date_joined")
    list_filter = ("is_staff", "is_active", "tier", "groups")
    search_fields = ("email", "first_name", "last_name")
    ordering = ("email",)

    @admin.display(description=gettext_lazy("standing"))
    def standing(self, person: User) -> str:
        """No box: each suspension is a decision, which has a reason and can be appealed against."""
        if person.is_active:
            state, deed = _("Active"), _("Suspend this person")
        else:
            state, deed = _("Suspended"), _("Let this person in again")
        return format_html(
            '{} · <a class="underline" href="{}">{}</a>', state, reverse("moderation_person", args=[person.pk]), deed
        )

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        # The four roles, each with a box; nothing else of a person is many.
        return super().formfield_for_manytomany(
            db_field, request, widget=UnfoldAdminCheckboxSelectMultipleWidget, **kwargs
        )

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if not change:
            people.give_role(user=obj, role=Role.USER)
        elif "email" in form.changed_data:
            people.forget_addresses(user=obj)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        roles = people.roles_of(form.instance)
        super().save_related(request, form, formsets, change)
        if not change:
            return
        rights: dict[str, object] = {
            name: [form.initial[name], form.cleaned_data[name]] for name in RIGHTS if name in form.changed_data
        }
        if (now := people.roles_of(form.instance)) != roles:
            rights["roles"] = [roles, now]
        if rights:
            record("person.rights_changed", by=the_person(request), concerns=form.instance, details=rights)
            close_sessions_without_factor(form.instance)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # It would take every conversation along. Who is suspended is out, and nothing is lost.
        return False


class MembershipInline(MembershipInlineBase):
    model = Membership
    extra = 0
    autocomplete_fields = ("user",)


# People end their own sessions; an administrator suspends the person.
admin.site.unregister(UserSession)
admin.site.unregister(EmailAddress)
admin.site.unregister(Authenticator)


@admin.register(EmailAddress)
class AddressAdmin(AuditedAdmin, EmailAddressAdmin):  # type: ignore[misc]  # allauth has no types
    """Those that people sign in with, as allauth keeps them."""

    list_select_related = ("user",)
    raw_id_fields = ()
    autocomplete_fields = ("user",)


@admin.register(Authenticator)
class FactorAdmin(AuditedAdmin):
    """To take a lost one away. Its secrets are nobody's business."""

    told_deeds = ("deleted",)
    list_display = ("user", "type", "created_at", "last_used_at")
    list_select_related = ("user",)
    list_filter = ("type", "last_used_at")
    search_fields = ("user__email",)
    fields = ("user", "type", "created_at", "last_used_at")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        """Whose it was is told, in the log and to them."""
        for factor in queryset:
            removed = {"type": factor.type}
            record("factor.removed", by=the_person(request), on=factor, concerns=factor.user, details=removed)
            # Not while others wait for the end of the transaction.
            tell = partial(get_adapter().send_notification_mail, "mfa/email/factor_removed", factor.user)
            transaction.on_commit(tell)
        return super().log_deletions(request, queryset)


@admin.register(Team)
class TeamAdmin(AuditedAdmin):
    told_rows = (Membership,)
    list_display = ("name", "tier", "requires_second_factor", "created_at")
    search_fields = ("name",)
    inlines = [MembershipInline]

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Who came and went is written down by their pseudonyms. Whoever has to set up a second factor now is led
        there: what they have open is closed."""
        team: Team = form.instance
        before = set(team.members.all())
        super().save_related(request, form, formsets, change)
        now = set(team.members.all())
        for deed, moved in (("team.joined", now - before), ("team.left", before - now)):
            for person in sorted(moved, key=lambda one: one.pk):
                record(deed, by=the_person(request), on=team, concerns=person)
        for person in form.instance.members.all() if form.instance.requires_second_factor else ():
            close_sessions_without_factor(person)


@admin.register(Membership)
class MembershipAdmin(ReadOnlyAdmin):
    """To be looked for by person; they are changed with their team."""

    list_display = ("user", "team", "joined_at")
    list_select_related = ("user", "team")
    list_filter = (("user", AutocompleteSelectFilter), ("team", AutocompleteSelectFilter))
    search_fields = ("user__email", "team__name")
    ordering = ("-id",)


@admin.register(Preferences)
class PreferencesAdmin(ReadOnlyAdmin):
    """Without what models are told of the person, which is theirs."""

    list_display = ("user", "default_model", "memory", "time_zone", "keep_days")
    list_select_related = ("user",)
    search_fields = ("user__email",)
    ordering = ("user__email",)
    unread = ("instructions", "facts")
    fields = (
        "user",
        "default_model",
        "temperature",
        "memory",
        "time_zone",
        "typeface",
        "send_key",
        "notifications",
        "keep_days",
        "tells_models",
        "suggests_follow_ups",
        "asks_back",
    )


@admin.register(APIKey)
class APIKeyAdmin(ReadOnlyAdmin):
    list_display = ("prefix", "name", "user", "created_at", "last_used_at", "expires_at", "revoked_at")
    list_select_related = ("user",)
    list_filter = (("user", AutocompleteSelectFilter), ("revoked_at", admin.EmptyFieldListFilter))
    unread = ("hash",)
    search_fields = ("prefix", "name", "user__email")
    fields = ("user", "name", "prefix", "scopes", "created_at", "last_used_at", "expires_at", "revoked_at")


# The four roles are fixed; who has which stands with the person.
admin.site.unregister(Group)
