"""What a person chooses for their pages and conversations, as the page of preferences sends it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.actions.preferences import Choices
from accounts.models import Preferences, User
from accounts.zones import zone_names
from chat.context.strategies import DEFAULT
from chat.forms import memory_choices, model_field, offer_models, temperature_field
from chat.model_choice import is_usable
from chat.retention import keep_choices
from providers.model_access import default_model_for


class PreferencesForm(forms.Form):
    """What is left empty is the site's choice, or the browser's."""

    default_model = model_field(gettext_lazy("Model of new conversations"))
    temperature = temperature_field()
    theme = forms.ChoiceField(
        label=gettext_lazy("Theme"),
        required=False,
        choices=User.Theme.choices,
        error_messages={"invalid_choice": gettext_lazy("There is no such theme. Choose one of the list.")},
    )
    language = forms.ChoiceField(
        label=gettext_lazy("Language"),
        required=False,
        choices=settings.LANGUAGES,
        error_messages={"invalid_choice": gettext_lazy("There is no such language. Choose one of the list.")},
    )
    typeface = forms.ChoiceField(
        label=gettext_lazy("Typeface of answers"), required=False, choices=Preferences.Typeface.choices
    )
    send_key = forms.ChoiceField(
        label=gettext_lazy("A message is sent with"), required=False, choices=Preferences.SendKey.choices
    )
    time_zone = forms.ChoiceField(
        label=gettext_lazy("Time zone"),
        required=False,
        help_text=gettext_lazy("All times you see are of this zone, and your days begin by it."),
        error_messages={"invalid_choice": gettext_lazy("There is no such time zone. Choose one of the list.")},
    )
    notifications = forms.ChoiceField(
        label=gettext_lazy("Notification when an answer is there"),
        required=False,
        choices=Preferences.Notifications.choices,
        help_text=gettext_lazy("Only while the page is in the background. Your browser asks you to allow it."),
    )
    keep_days = forms.TypedChoiceField(
        label=gettext_lazy("Resolved conversations keep their messages"),
        required=False,
        coerce=int,
        empty_value=None,
        help_text=gettext_lazy(
            "Then the messages are deleted; the title and a summary stay. You are told 14 days before."
        ),
        error_messages={"invalid_choice": gettext_lazy("The site doesn't offer this time. Choose one of the list.")},
    )

    memory = forms.ChoiceField(
        label=gettext_lazy("What models are given beside the latest messages"),
        required=False,
        help_text=gettext_lazy("Where the conversation has no choice of its own, under “Memory” in its menu."),
    )
    suggests_follow_ups = forms.BooleanField(
        label=gettext_lazy("Suggest what to ask next"),
        required=False,
        help_text=gettext_lazy("Up to three messages under an answer, made by a cheap model once the answer is there."),
    )
    asks_back = forms.BooleanField(
        label=gettext_lazy("Ask back where a question is ambiguous"),
        required=False,
        help_text=gettext_lazy("One short question in place of an answer to what may not have been meant."),
    )

    def __init__(self, data: Any = None, *, user: User, browser_zone: str) -> None:
        preferences = Preferences.of(user)
        chosen = preferences.default_model
        now = {name: getattr(preferences, name) for name in Choices.__annotations__}
        super().__init__(data, initial=now | {"theme": user.theme, "language": user.language})
        offer_models(
            self.fields["default_model"],
            user_id=preferences.user_id,
            inherited=default_model_for(preferences.user_id),
            chosen=chosen,
            sent=str(self.data.get("default_model", "")),
        )
        self.fields["temperature"].widget.attrs["placeholder"] = f"{settings.DEFAULT_TEMPERATURE:g}"
        zones = [("", _("The browser's (%(zone)s)") % {"zone": browser_zone or "UTC"})]
        self._offer("time_zone", zones + [(name, name.replace("_", " ")) for name in zone_names()])
        self._offer("memory", memory_choices(DEFAULT))
        # What the site has switched off nobody can switch on.
        if not settings.AUTO_FOLLOW_UPS:
            del self.fields["suggests_follow_ups"]
        if not settings.ASK_BACK:
            del self.fields["asks_back"]
        self._offer("keep_days", keep_choices(preferences.keep_days))
        if chosen and not is_usable(chosen, preferences.user_id):
            self.fields["default_model"].help_text = _(
                "You chose %(model)s, which isn't switched on any more, or not for you. The site's choice answers "
                "instead."
            ) % {"model": chosen}

    def _offer(self, name: str, choices: list[tuple[Any, str]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices

    def choices(self) -> Choices:
        return {name: self.cleaned_data[name] for name in Choices.__annotations__ if name in self.fields}  # type: ignore[return-value]  # the form's fields are those

    @property
    def of_conversations(self) -> list[forms.BoundField]:
        return [self[name] for name in ("default_model", "temperature", "memory", "send_key", "keep_days")]

    @property
    def of_answers(self) -> list[forms.BoundField]:
        return [self[name] for name in ("suggests_follow_ups", "asks_back") if name in self.fields]

    @property
    def of_pages(self) -> list[forms.BoundField]:
        return [self[name] for name in ("language", "theme", "typeface", "time_zone")]
