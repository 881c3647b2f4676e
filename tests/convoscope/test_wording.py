from __future__ import annotations

import pytest
from django.template import Context, Template
from django.utils.translation import override

from convoscope.wording import ConstantNode


def said(source: str, **values: object) -> str:
    return Template("{% load i18n %}" + source).render(Context(values))


@pytest.mark.parametrize(
    ("source", "english", "vietnamese"),
    [
        ('{% translate "Cancel" %}', "Cancel", "Hủy"),
        ("{% translate 'Cancel' as word %}<b>{{ word }}</b>", "<b>Cancel</b>", "<b>Hủy</b>"),
        ('{% translate "Cancel" noop %}', "Cancel", "Cancel"),
        ('{% translate "Cancel"|upper %}', "CANCEL", "HỦY"),
        ("{% translate word %}", "Cancel", "Hủy"),
        ('{% translate "100% <b>" %}', "100% <b>", "100% <b>"),
    ],
)
def test_each_language_says_its_own_however_often(source: str, english: str, vietnamese: str) -> None:
    template = Template("{% load i18n %}" + source)
    for _ in range(2):
        with override("en"):
            assert template.render(Context({"word": "Cancel"})) == english
        with override("vi"):
            assert template.render(Context({"word": "Cancel"})) == vietnamese


def test_only_what_never_changes_is_remembered() -> None:
    source = '{% load i18n %}{% translate "Cancel" %}{% translate word %}{% translate "May" context "month" %}'
    remembered = [isinstance(node, ConstantNode) for node in Template(source).nodelist[1:]]
    assert remembered == [True, False, False]


def test_the_other_tags_are_djangos() -> None:
    with override("vi"):
        assert said("{% get_current_language as LANGUAGE_CODE %}{{ LANGUAGE_CODE }}") == "vi"
        assert said("{% blocktranslate %}Cancel{% endblocktranslate %}") == "Hủy"
