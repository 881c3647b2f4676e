"""Addresses in templates: the same as Django's own, whatever they are asked for."""

from __future__ import annotations

from uuid import UUID

import pytest
from django.template import Context, Template
from django.template.base import Node
from django.urls import NoReverseMatch, reverse, set_script_prefix

from convoscope.addresses import AddressNode

ID = UUID("0192d4c8-0000-7000-8000-0000000000aa")


def nodes(source: str) -> list[Node]:
    return list(Template(source).nodelist)


def render(source: str, **values: object) -> str:
    return Template(source).render(Context(values))


@pytest.mark.parametrize("value", [ID, str(ID)])
def test_they_are_what_reverse_says(value: object) -> None:
    assert render("{% url 'message_menu' id %}", id=value) == reverse("message_menu", args=[ID])
    assert render("{% url 'message_menu' id|default:id %}", id=value) == reverse("message_menu", args=[ID])
    assert render("{% url 'message_menu' id as it %}<{{ it }}>", id=value) == f"<{reverse('message_menu', args=[ID])}>"


def test_one_with_an_id_is_put_together_once() -> None:
    for one in ("{% url 'message_menu' id %}", "{% url 'message_menu' id as it %}"):
        assert isinstance(nodes(one)[0], AddressNode)
    for other in ("{% url 'archive' %}", "{% url 'message_menu' message_id=id %}", "{% url name id %}"):
        assert not isinstance(nodes(other)[0], AddressNode)


def test_where_the_application_stands_under_another_path() -> None:
    assert render("{% url 'message_menu' id %}", id=ID).startswith("/messages/")
    set_script_prefix("/chat/")
    try:
        assert render("{% url 'message_menu' id %}", id=ID) == reverse("message_menu", args=[ID])
    finally:
        set_script_prefix("/")


@pytest.mark.parametrize("source", ["{% url 'nowhere' id %}", "{% url 'archive' id %}"])
def test_what_is_no_address_is_told(source: str) -> None:
    with pytest.raises(NoReverseMatch):
        render(source, id=ID)
    assert render(source.replace(" %}", " as it %}<{{ it }}>"), id=ID) == "<>"


def test_a_word_in_place_of_an_id_is_told() -> None:
    with pytest.raises(NoReverseMatch):
        render("{% url 'message_menu' id %}", id="a word")
    assert render("{% url 'message_menu' id as it %}<{{ it }}>", id="a word") == "<>"
