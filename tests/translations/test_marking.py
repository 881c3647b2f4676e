"""Every text that people read can be translated: the rules that say so, each shown a made-up offender too."""

from __future__ import annotations

import pytest

from tests.support.marking import (
    glued,
    translated_too_early,
    uncounted,
    unmarked_in_mail,
    unmarked_in_python,
    unmarked_in_template,
)
from tests.support.rules import Rule
from tests.support.source import Module, modules, texts

RULES = (unmarked_in_python, glued, uncounted, translated_too_early)
APPS = ("accounts", "chat", "providers", "convoscope")
# Django's own pages, which administrators see in Django's words.
ADMIN = "templates/admin/"


def test_templates_say_nothing_unmarked() -> None:
    pages = {path: text for path, text in texts("templates", ".html").items() if not path.startswith(ADMIN)}
    assert len(pages) > 150
    assert [one for path, text in pages.items() for one in unmarked_in_template(path, text)] == []


def test_mails_say_nothing_unmarked() -> None:
    assert [one for path, text in texts("templates", ".txt").items() for one in unmarked_in_mail(path, text)] == []


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_python_holds(rule: Rule) -> None:
    assert [one for module in modules(*APPS) for one in rule(module)] == []


@pytest.mark.parametrize(
    "html",
    [
        "<p>Send it</p>",
        '<button title="Send it">',
        '<p aria-label="The answer">',
        '<input placeholder="Ask anything">',
        '<img alt="A chart">',
        '<p data-lost="The connection is lost">',
        '<input type="submit" value="Send">',
        '{% include "_label.html" with label="Send" %}',
        '<p>{{ name|default:"Nobody" }}</p>',
        '<p>{{ is_on|yesno:"On,Off" }}</p>',
        "{% translate 'One' %} and another",
    ],
)
def test_unmarked_html_is_seen(html: str) -> None:
    assert unmarked_in_template("made-up.html", html) != []


def test_what_is_marked_or_says_nothing_is_let_through() -> None:
    html = (
        '<p title="{% translate "Send it" %}">{% translate "Send" %} {{ name }} · Convoscope {# a note #}</p>'
        "{% blocktranslate count n=n %}One{% plural %}{{ n }} of them{% endblocktranslate %}"
        '<p class="a b" data-state="on">'
        '{% include "_field.html" with kind="text" %}<code>make run</code>{% comment %}Nothing{% endcomment %} 12 ms'
    )
    assert unmarked_in_template("made-up.html", html) == []


def test_unmarked_mail_is_seen() -> None:
    assert list(unmarked_in_mail("made-up.txt", "{% translate 'Hello' %}\nWelcome, {{ name }}\n")) != []


@pytest.mark.parametrize(
    ("rule", "source"),
    [
        (unmarked_in_python, 'raise ValidationFailed("Enter a name.")'),
        (unmarked_in_python, 'raise forms.ValidationError(f"{name} is taken")'),
        (unmarked_in_python, 'raise ModelNotFound("There is none." % {})'),
        (unmarked_in_python, 'messages.success(request, "Saved.")'),
        (unmarked_in_python, 'name = forms.CharField(label="Name")'),
        (unmarked_in_python, 'class State(models.TextChoices):\n    ON = "on", "Switched on"\n'),
        (glued, '_(f"{count} messages")'),
        (glued, '_("It failed: ") + "try again"'),
        (glued, 'f"{_(name)}: {count}"'),
        (glued, 'f"{_("Name")}, {_("place") % {}}"'.replace('"Name"', "'Name'").replace('"place"', "'place'")),
        (uncounted, "_('in %(n)s days') % {'n': days}"),
        (uncounted, "_('It waits %(count)d ' 'hours.')"),
        (translated_too_early, "from django.utils.translation import gettext as _\nNAME = _('Name')\n"),
        (
            translated_too_early,
            "from django.utils.translation import gettext as _\nclass F:\n    name = Field(label=_('Name'))\n",
        ),
        (
            translated_too_early,
            "from django.utils.translation import gettext as _\ndef f(name: str = _('Name')) -> None: ...\n",
        ),
    ],
)
def test_an_offender_is_seen(rule: Rule, source: str) -> None:
    assert list(rule(Module.of("chat/made_up.py", source))) != []


def test_marked_python_is_let_through() -> None:
    source = (
        "from django.utils.translation import gettext as _, gettext_lazy, ngettext\n"
        "NAME = gettext_lazy('Name')\n"
        "def f():\n"
        "    raise ValidationFailed(_('Enter a name, %(who)s.') % {'who': who}, field='name')\n"
        "    wait = ngettext('%(n)s hour', '%(n)s hours', hours) % {'n': hours}\n"
        "    words = ngettext('%(n)s message', '%(n)s messages', count) % {'n': count}\n"
        "    raise ValueError('no such kind')\n"
    )
    module = Module.of("chat/made_up.py", source)
    assert [one for rule in RULES for one in rule(module)] == []
