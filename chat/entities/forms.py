"""What the page of a conversation's memory sends of entities, relations and topics."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chat.actions.text import clean_line, clean_paragraphs
from chat.entities.answers import KIND_MAX_CHARS, NAME_MAX_CHARS, VALUE_MAX_CHARS
from chat.entities.graph import MAX_ALIASES, MAX_ATTRIBUTES, Attributes, Entity, FoundEntity, FoundRelation
from chat.models import ConversationEntities

NAMES_LIST = "entity-names"


def _line(label: Any, *, max_chars: int = NAME_MAX_CHARS, required: bool = True, **attributes: str) -> forms.CharField:
    return forms.CharField(
        label=label,
        required=required,
        max_length=max_chars,
        widget=forms.TextInput(attrs={"dir": "auto", "autocomplete": "off"} | attributes),
    )


class EntityForm(forms.Form):
    name = _line(gettext_lazy("Name"))
    type = forms.ChoiceField(label=gettext_lazy("Type"), choices=ConversationEntities.Type.choices)
    aliases = _line(gettext_lazy("Other names, with commas between them"), max_chars=600, required=False)
    attributes = forms.CharField(
        label=gettext_lazy("What is known of it, one a line"),
        required=False,
        max_length=4_000,
        widget=forms.Textarea(attrs={"rows": "3", "dir": "auto"}),
        help_text=gettext_lazy("Such as “birthday: 3 May”."),
    )

    def __init__(self, data: Any = None, *, entity: Entity | None = None) -> None:
        initial = {}
        if entity is not None:
            facts = "\n".join(f"{name}: {value}" for name, value in entity.attributes)
            initial = {"name": entity.name, "type": entity.type, "aliases": ", ".join(entity.aliases)}
            initial["attributes"] = facts
        super().__init__(data, initial=initial, auto_id=f"entity-{entity.id if entity else 'new'}-%s")

    def clean_name(self) -> str:
        return _filled(self.cleaned_data["name"], NAME_MAX_CHARS)

    def clean_aliases(self) -> tuple[str, ...]:
        lines = (clean_line(one, max_chars=NAME_MAX_CHARS) for one in self.cleaned_data["aliases"].split(","))
        names = tuple(filter(None, lines))
        if len(names) > MAX_ALIASES:
            raise forms.ValidationError(_("There can be %(limit)d other names at most.") % {"limit": MAX_ALIASES})
        return names

    def clean_attributes(self) -> Attributes:
        """Raises: ValidationError for a line without a colon, one that is too long, and for too many."""
        found: dict[str, str] = {}
        for line in filter(str.strip, clean_paragraphs(self.cleaned_data["attributes"]).splitlines()):
            name, colon, value = (clean_line(part, max_chars=VALUE_MAX_CHARS + 1) for part in line.partition(":"))
            if not (name and colon and value):
                raise forms.ValidationError(
                    _("“%(line)s” has no name and value. Write it as “birthday: 3 May”.")
                    % {"line": clean_line(line, max_chars=KIND_MAX_CHARS)}
                )
            if len(name) > KIND_MAX_CHARS or len(value) > VALUE_MAX_CHARS:
                raise forms.ValidationError(
                    _("“%(name)s” is too long: a name may have %(names)d characters, a value %(values)d.")
                    % {"name": name[:KIND_MAX_CHARS], "names": KIND_MAX_CHARS, "values": VALUE_MAX_CHARS}
                )
            found[name] = value
        if len(found) > MAX_ATTRIBUTES:
            raise forms.ValidationError(_("There can be %(limit)d lines at most.") % {"limit": MAX_ATTRIBUTES})
        return tuple(found.items())

    def said(self) -> FoundEntity:
        chosen = self.cleaned_data
        return FoundEntity(chosen["name"], chosen["type"], chosen["aliases"], chosen["attributes"])


class RelationForm(forms.Form):
    source = _line(gettext_lazy("Entity"), list=NAMES_LIST)
    kind = _line(gettext_lazy("Relation"), max_chars=KIND_MAX_CHARS)
    target = _line(gettext_lazy("Other entity"), list=NAMES_LIST)

    def __init__(self, data: Any = None, *, relation_id: str = "new", ends: dict[str, str] | None = None) -> None:
        super().__init__(data, initial=ends, auto_id=f"relation-{relation_id}-%s")
        self.fields["kind"].widget.attrs["placeholder"] = _("works for")

    def clean_kind(self) -> str:
        return _filled(self.cleaned_data["kind"], KIND_MAX_CHARS)

    def said(self) -> FoundRelation:
        chosen = self.cleaned_data
        return FoundRelation(chosen["source"], chosen["kind"], chosen["target"])


class TopicsForm(forms.Form):
    topics = forms.CharField(
        label=gettext_lazy("Up to five labels, with commas between them"),
        required=False,
        max_length=400,
        widget=forms.TextInput(attrs={"dir": "auto", "autocomplete": "off"}),
        help_text=gettext_lazy("Found by the search. What you write here stays as it is, also if it is nothing."),
    )

    def __init__(self, data: Any = None, *, topics: list[str]) -> None:
        super().__init__(data, initial={"topics": ", ".join(topics)}, auto_id="topics-%s")


def _filled(line: str, max_chars: int) -> str:
    cleaned = clean_line(line, max_chars=max_chars)
    if not cleaned:
        raise forms.ValidationError(_("Please fill this in."))
    return cleaned
