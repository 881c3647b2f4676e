"""What saves a prompt, finds one, and fills one in."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.forms import model_to_dict
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from chat.actions.prompts import DESCRIPTION_MAX_CHARS, TITLE_MAX_CHARS, PromptFields
from chat.actions.text import clean_paragraphs
from chat.models import Prompt
from chat.prompts.library import Position
from chat.prompts.variables import NAME_MAX_CHARS, Variable

# Only a value that is known to be short has a field of one line, which would take the line breaks out of a longer one.
SHORT_VALUE_CHARS = 60
EVERYBODY = "everybody"


class PromptForm(forms.Form):
    """The action checks what the fields say, so that all that is wrong is said at once."""

    name = forms.CharField(
        label=_("Name"),
        required=False,
        # With the slash that people may type before it.
        widget=forms.TextInput(
            attrs={
                "required": True,
                "maxlength": NAME_MAX_CHARS + 1,
                "autocomplete": "off",
                "autocapitalize": "none",
                "spellcheck": "false",
            }
        ),
        help_text=_("What you type after “/”: letters, digits, “-” and “_”."),
    )
    title = forms.CharField(
        label=_("Title"),
        required=False,
        widget=forms.TextInput(attrs={"required": True, "maxlength": TITLE_MAX_CHARS, "dir": "auto"}),
    )
    description = forms.CharField(
        label=_("Description"),
        required=False,
        widget=forms.TextInput(attrs={"maxlength": DESCRIPTION_MAX_CHARS, "dir": "auto"}),
        help_text=_("When to use it, in a few words. It may stay empty."),
    )
    text = forms.CharField(
        label=_("Text"),
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"required": True, "rows": "8", "dir": "auto"}),
        help_text=_(
            "{{topic}} asks for a topic when the prompt is used, {{tone:friendly}} suggests one. {{date}} becomes the "
            "day."
        ),
    )
    is_starter = forms.BooleanField(label=_("Show it on the empty page"), required=False)
    shared_with = forms.ChoiceField(label=_("Share it with"), required=False)

    def __init__(self, data: Any = None, *, owner: User, begun: dict[str, Any]) -> None:
        """`begun` is what the fields hold at first."""
        super().__init__(data, initial=begun)
        self._teams = {str(team.id): team for team in owner.teams.order_by("name")}
        choices: list[tuple[str, str | Promise]] = [(value, team.name) for value, team in self._teams.items()]
        if owner.is_superuser:
            choices.append((EVERYBODY, _("Everybody on this site")))
        self.fields["shared_with"].choices = [("", _("Nobody")), *choices]  # type: ignore[attr-defined]  # of a choice
        if not choices:
            del self.fields["shared_with"]

    def prompt_fields(self) -> PromptFields:
        """The fields of `create_prompt` and `change_prompt`."""
        data = self.cleaned_data
        return {
            "name": data["name"],
            "title": data["title"],
            "description": data["description"],
            "text": data["text"],
            "is_starter": data["is_starter"],
            "is_shared": data.get("shared_with") == EVERYBODY,
            "team": self._teams.get(data.get("shared_with", "")),
        }


def begun_by(prompt: Prompt) -> dict[str, Any]:
    """What the fields hold at first of a prompt that there is."""
    return model_to_dict(prompt) | {"shared_with": EVERYBODY if prompt.is_shared else str(prompt.team_id or "")}


class LinkForm(forms.Form):
    """What a link names: the prompt that a page begins with, the one that was just deleted, or the question that one is
    made of. A value that is no id names nothing."""

    prompt = forms.UUIDField(required=False)
    deleted = forms.UUIDField(required=False)
    message = forms.UUIDField(required=False)

    def named(self, field: str) -> UUID | None:
        self.is_valid()
        return self.cleaned_data.get(field)


class ListForm(forms.Form):
    """What is looked for, and behind which prompt the page begins; anything unreadable asks for the first."""

    q = forms.CharField(required=False, max_length=100)
    name = forms.CharField(required=False, max_length=NAME_MAX_CHARS)
    id = forms.UUIDField(required=False)

    def words(self) -> str:
        self.is_valid()
        words: str = self.cleaned_data.get("q", "")
        return words

    def behind(self) -> Position | None:
        self.is_valid()
        name, prompt_id = self.cleaned_data.get("name"), self.cleaned_data.get("id")
        return Position(name, prompt_id) if name and prompt_id else None


class FillForm(forms.Form):
    """A field for each variable of a prompt."""

    prefix = "v"

    def __init__(self, data: Any = None, *, questions: list[Variable], first: str = "") -> None:
        """`first` stands in the first field instead of its default."""
        super().__init__(data)
        for number, variable in enumerate(questions):
            at_first = first if first and number == 0 else variable.default
            is_short = 0 < len(at_first) <= SHORT_VALUE_CHARS and "\n" not in at_first
            line = forms.TextInput(attrs={"dir": "auto", "autocomplete": "off"})
            self.fields[variable.name] = forms.CharField(
                label=variable.name.replace("_", " "),
                required=False,
                strip=False,
                initial=at_first,
                widget=line if is_short else forms.Textarea(attrs={"rows": "2", "dir": "auto"}),
            )

    @property
    def is_filled(self) -> bool:
        """Whether every field was sent, if only empty; where nothing is asked for it always is."""
        return all(self.add_prefix(name) in self.data for name in self.fields)

    def values(self) -> dict[str, str]:
        self.is_valid()
        return {name: clean_paragraphs(value).rstrip("\n") for name, value in self.cleaned_data.items()}
