"""What the pages send."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, TypedDict
from uuid import UUID

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Preferences
from chat.actions.guarding import Refused, pass_text
from chat.actions.turns import Beginning
from chat.context.builder import INSTRUCTIONS_MAX_TOKENS
from chat.context.strategies import DEFAULT
from chat.effective import personal_settings
from chat.inspect.words import ERRORS
from chat.model_choice import model_groups, model_label, refusal
from chat.models import Conversation
from convoscope.errors import ValidationFailed
from convoscope.numbers import number
from providers.catalog import current_catalog
from providers.tokens import count_text_tokens

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise as StrPromise

_REFERENCE = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)


class TurnFields(TypedDict):
    text: str
    turn_key: UUID
    parent_id: UUID | None
    model: str
    compared: list[str]
    attachments: list[UUID]
    without: list[UUID]


class FirstTurnFields(TurnFields):
    beginning: Beginning


class TurnForm(forms.Form):
    """`text` and the models to `compare` are checked by the action, which the API shares. `attachments` are files that
    wait; an edit keeps those of its question but for the ones in `without`."""

    data: QueryDict

    turn_key = forms.UUIDField()
    parent = forms.UUIDField(required=False)
    model = forms.CharField(required=False, max_length=200)

    def turn(self) -> TurnFields:
        """The fields of `submit_turn`.

        Raises: ValidationFailed for fields that no page of ours sends.
        """
        if not self.is_valid():
            raise _out_of_date()
        return {
            "text": str(self.data.get("text", "")),
            "turn_key": self.cleaned_data["turn_key"],
            "parent_id": self.cleaned_data["parent"],
            "model": self.cleaned_data["model"],
            "compared": self.data.getlist("compare"),
            "attachments": self._ids("attachments"),
            "without": self._ids("without"),
        }

    def _ids(self, name: str) -> list[UUID]:
        """Each once, in the order they were sent."""
        try:
            return list(dict.fromkeys(UUID(one) for one in self.data.getlist(name)))
        except ValueError:
            raise _out_of_date() from None

    def first_turn(self) -> FirstTurnFields:
        """Those of a conversation's first one."""
        beginning = Beginning("temporary" in self.data, "tells_of_person" in self.data)
        return {**self.turn(), "beginning": beginning}


def _out_of_date() -> ValidationFailed:
    return ValidationFailed(_("The form is out of date. Reload the page; your text is kept."), field="text")


class RestoreForm(forms.Form):
    """Which leaf was shown before the deletion that is undone; a value that is no id names none."""

    leaf = forms.UUIDField(required=False)

    def leaf_id(self) -> UUID | None:
        return self.cleaned_data["leaf"] if self.is_valid() else None


class OlderForm(forms.Form):
    """Which messages are asked for: those above `before`, for a page that has `windows` of them, or those around `at`;
    a value that is no id asks for nothing."""

    before = forms.UUIDField(required=False)
    windows = forms.IntegerField(required=False, min_value=1)
    at = forms.UUIDField(required=False)


def temperature_field() -> forms.FloatField:
    return forms.FloatField(
        label=gettext_lazy("Temperature"),
        required=False,
        min_value=0,
        max_value=2,
        widget=forms.NumberInput(attrs={"step": "0.1", "inputmode": "decimal"}),
        help_text=gettext_lazy("0 is the most predictable, 2 the most varied."),
        error_messages={
            "invalid": gettext_lazy("Enter a number from 0 to 2, such as 0.7, or leave it empty."),
            "min_value": gettext_lazy("Enter a number from 0 to 2."),
            "max_value": gettext_lazy("Enter a number from 0 to 2."),
        },
    )


def model_field(label: StrPromise) -> forms.ChoiceField:
    return forms.ChoiceField(
        label=label,
        required=False,
        error_messages={"invalid_choice": gettext_lazy("This model isn't switched on here. Choose one of the list.")},
    )


def offer_models(field: forms.Field, *, user_id: UUID, inherited: str, chosen: str, sent: str) -> None:
    """The models that are on and for this person, after the one that an empty choice stands for. What was `sent` and
    isn't for them is refused with the reason."""
    assert isinstance(field, forms.ChoiceField)
    groups = model_groups(user_id)
    if reason := refusal(sent, user_id):
        field.error_messages["invalid_choice"] = reason
    if chosen and chosen not in {full_id for _label, models in groups for full_id, _id in models}:
        # What is switched off now stays chosen until the person chooses another.
        groups = [(_("Not available now"), [(chosen, chosen)]), *groups]
    field.choices = [("", _("Default (%(model)s)") % {"model": model_label(inherited)}), *groups]


class SettingsForm(forms.Form):
    """A conversation's own settings; what is left empty is inherited."""

    model = model_field(gettext_lazy("Model"))
    only_this_model = forms.BooleanField(
        label=gettext_lazy("Never answer with another model"),
        required=False,
        help_text=gettext_lazy("If it fails, the answer fails, instead of coming from another provider."),
    )
    temperature = temperature_field()
    max_output_tokens = forms.IntegerField(
        label=gettext_lazy("Longest answer, in tokens"),
        required=False,
        min_value=1,
        max_value=1_000_000,
        error_messages=dict.fromkeys(
            ("invalid", "min_value", "max_value"),
            gettext_lazy("Enter a whole number from 1 to 1,000,000, or leave it empty."),
        ),
    )
    system_prompt = forms.CharField(
        label=gettext_lazy("System prompt"),
        required=False,
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": "5", "dir": "auto"}),
        help_text=gettext_lazy("Instructions that the model is given before the conversation."),
    )

    tells_of_person = forms.BooleanField(
        label=gettext_lazy("Tell the model your instructions and facts"),
        required=False,
        help_text=gettext_lazy("A temporary chat is told nothing of you otherwise."),
    )

    def __init__(self, data: Any = None, *, conversation: Conversation) -> None:
        super().__init__(data, initial=conversation.settings)
        if not conversation.is_temporary:
            del self.fields["tells_of_person"]
        self._owner_id = conversation.owner_id
        inherited = personal_settings(conversation.owner)
        chosen = conversation.settings.get("model", "")
        offer_models(
            self.fields["model"],
            user_id=conversation.owner_id,
            inherited=inherited["model"],
            chosen=chosen,
            sent=str(self.data.get("model", "")),
        )
        self.fields["temperature"].widget.attrs["placeholder"] = f"{inherited['temperature']:g}"
        self.fields["max_output_tokens"].widget.attrs["placeholder"] = _("The model's own")

    def clean_system_prompt(self) -> str:
        prompt: str = self.cleaned_data["system_prompt"]
        tokens = count_text_tokens(prompt)
        if tokens > INSTRUCTIONS_MAX_TOKENS:
            words = _("This prompt has about %(tokens)s tokens; the limit is %(limit)s. Shorten it.")
            raise forms.ValidationError(words % {"tokens": number(tokens), "limit": number(INSTRUCTIONS_MAX_TOKENS)})
        try:
            return pass_text(prompt, owner_id=self._owner_id).text
        except Refused as refused:
            raise forms.ValidationError(refused.user_message) from refused

    def settings(self) -> dict[str, Any]:
        return {
            name: value for name, value in self.cleaned_data.items() if value not in (None, "") and value is not False
        }


def memory_choices(inherited: str) -> list[tuple[str, str]]:
    """After the one that an empty choice stands for."""
    choices = Conversation.Memory.choices
    return [("", _("Default (%(choice)s)") % {"choice": dict(choices)[inherited]}), *((v, str(c)) for v, c in choices)]


class MemoryFields(TypedDict):
    memory: str
    summary: str
    read_until: UUID | None


class MemoryForm(forms.Form):
    """How a conversation remembers, and its summary, as it was of what was said up to a message."""

    memory = forms.ChoiceField(label=gettext_lazy("What the model is given beside the latest messages"), required=False)
    summary = forms.CharField(
        label=gettext_lazy("Summary of the earlier messages"),
        required=False,
        max_length=4_000,
        widget=forms.Textarea(attrs={"rows": "8", "dir": "auto"}),
        help_text=gettext_lazy(
            "Written in the background once a conversation is long, and used where its messages don't fit any more. "
            "What you change here stays, and is what the next summary is made from."
        ),
    )
    read_until = forms.UUIDField(required=False, widget=forms.HiddenInput)

    def __init__(self, data: Any = None, *, conversation: Conversation) -> None:
        now = {"memory": conversation.memory, "summary": conversation.summary}
        super().__init__(data, initial=now | {"read_until": conversation.summary_leaf_id})
        preferred = Preferences.of(conversation.owner).memory or DEFAULT
        self.fields["memory"].choices = memory_choices(preferred)  # type: ignore[attr-defined]  # a ChoiceField

    def chosen(self) -> MemoryFields:
        return {
            "memory": self.cleaned_data["memory"],
            "summary": self.cleaned_data["summary"],
            "read_until": self.cleaned_data["read_until"],
        }


class InstructionFields(TypedDict):
    instructions: str
    tells_models: bool


class InstructionsForm(forms.Form):
    """What every conversation is told in the person's own words, and whether it is told at all."""

    instructions = forms.CharField(
        label=gettext_lazy("How should answers be, and what should they know of you?"),
        required=False,
        max_length=10_000,
        widget=forms.Textarea(attrs={"rows": "6", "dir": "auto"}),
    )
    tells_models = forms.BooleanField(
        label=gettext_lazy("Tell models this and the facts below"),
        required=False,
        help_text=gettext_lazy("Switched off, all of it is kept here and told to nobody."),
    )

    def __init__(self, data: Any = None, *, preferences: Preferences) -> None:
        now = {"instructions": preferences.instructions, "tells_models": preferences.tells_models}
        super().__init__(data, initial=now)

    def chosen(self) -> InstructionFields:
        return {
            "instructions": self.cleaned_data["instructions"],
            "tells_models": self.cleaned_data["tells_models"],
        }


class ReferenceForm(forms.Form):
    """A reference id as people paste it: with the words around it, too."""

    reference = forms.CharField(required=False, max_length=200)

    def clean_reference(self) -> UUID | None:
        pasted: str = self.cleaned_data["reference"]
        if not pasted:
            return None
        found = _REFERENCE.search(pasted)
        if found is None:
            raise forms.ValidationError(_("There is no id in it."))
        return UUID(found[0])


class FailureFilter(TypedDict):
    endpoint: str
    code: str


class FailuresForm(forms.Form):
    """Which failures are listed; a value that is none of the choices asks for all."""

    endpoint = forms.ChoiceField(label=gettext_lazy("Provider"), required=False)
    code = forms.ChoiceField(label=gettext_lazy("Error"), required=False)

    def __init__(self, data: Any) -> None:
        super().__init__(data)
        endpoints = [(one.name, one.shown_label) for one in current_catalog().endpoints.values()]
        self.fields["endpoint"].choices = [("", _("Every provider")), *endpoints]  # type: ignore[attr-defined]  # a ChoiceField
        self.fields["code"].choices = [("", _("Every error")), *ERRORS.items()]  # type: ignore[attr-defined]  # a ChoiceField

    def chosen(self) -> FailureFilter:
        self.is_valid()
        return {"endpoint": self.cleaned_data.get("endpoint", ""), "code": self.cleaned_data.get("code", "")}
