"""The entities and relations of a conversation as its page of memory lists them, each with the form that changes it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django import forms
from django.urls import reverse

from chat.entities.forms import EntityForm, RelationForm
from chat.entities.graph import Graph
from chat.entities.names import name_key
from chat.models import Conversation, ConversationEntities


@dataclass(frozen=True, slots=True)
class PanelRow:
    """What stands in the line, and what opens below it: at once where its form was refused."""

    heading: str
    kind: str
    facts: str
    form: forms.Form
    change: str
    remove: str

    @property
    def is_open(self) -> bool:
        return self.form.is_bound


@dataclass(frozen=True, slots=True)
class Refused:
    """A form that was refused, which stands in the place of that of this id; of what is new there is none."""

    form: forms.Form
    id: str = ""


def entity_rows(conversation: Conversation, graph: Graph, refused: Refused | None) -> Iterator[PanelRow]:
    """By name."""
    types = dict(ConversationEntities.Type.choices)
    for one in sorted(graph.entities, key=lambda entity: name_key(entity.name)):
        facts = [*one.aliases, *(f"{name}: {value}" for name, value in one.attributes)]
        yield PanelRow(
            heading=one.name,
            kind=str(types[one.type]),
            facts=" · ".join(facts),
            form=refused.form if refused and refused.id == one.id else EntityForm(entity=one),
            change=reverse("entity_change", args=[conversation.id, one.id]),
            remove=reverse("entity_remove", args=[conversation.id, one.id]),
        )


def relation_rows(conversation: Conversation, graph: Graph, refused: Refused | None) -> Iterator[PanelRow]:
    """By the names they begin with."""
    names = {one.id: one.name for one in graph.entities}
    for one in sorted(graph.relations, key=lambda relation: name_key(names[relation.source])):
        ends = {"source": names[one.source], "kind": one.kind, "target": names[one.target]}
        yield PanelRow(
            heading=names[one.source],
            kind=one.kind,
            facts=names[one.target],
            form=refused.form if refused and refused.id == one.id else RelationForm(relation_id=one.id, ends=ends),
            change=reverse("relation_change", args=[conversation.id, one.id]),
            remove=reverse("relation_remove", args=[conversation.id, one.id]),
        )
