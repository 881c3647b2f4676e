"""The shown path as Markdown, with each message under a heading of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from chat.exports.reading import path_of, text_so_far
from chat.models import Conversation, Message
from chat.readout import provider_label

_MARKUP = re.compile(r"[\\`*_\[\]<>#|!~]")
_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})(.*)$", re.MULTILINE)


def conversation_markdown(conversation: Conversation, *, exported_at: datetime) -> Iterator[bytes]:
    begun, exported = (
        date_format(moment.astimezone(UTC), "DATE_FORMAT") for moment in (conversation.created_at, exported_at)
    )
    dates = _("%(begun)s, exported on %(exported)s") % {"begun": begun, "exported": exported}
    yield f"# {conversation.title}\n\n{dates}\n".encode()
    for message in path_of(conversation):
        text = close_fence(text_so_far(message)).strip("\n")
        said = "\n\n".join(filter(None, (hidden_words(message), _files(message), text)))
        yield f"\n## {heading(message)}\n\n{said}\n".encode()


def hidden_words(message: Message) -> str:
    return "" if message.hidden_at is None else _("Hidden by a moderator.")


def _files(message: Message) -> str:
    """The names of what is attached, which Markdown can't hold."""
    names = (_MARKUP.sub(_escaped, part["name"]) for part in message.parts if part["type"] == "attachment")
    lines = [_("File: %(name)s") % {"name": name} for name in names]
    return "\n".join(f"- {line}" for line in lines)


def _escaped(match: re.Match[str]) -> str:
    return f"\\{match[0]}"


def heading(message: Message) -> str:
    """Author, model and time."""
    is_question = message.role == Message.Role.USER
    words = [_("You") if is_question else _("Assistant")]
    if message.model and not is_question:
        label = provider_label(message.provider)
        words.append(f"{message.model} ({label})" if label else message.model)
    return " · ".join([*words, f"{message.created_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"])


def close_fence(text: str) -> str:
    """Text whose last code block, if it was cut, ends with it: else it would take in what follows."""
    is_open = ""
    for fence, rest in _FENCE.findall(text):
        if not is_open:
            # A row of backquotes with another one behind it is code within a line.
            is_open = "" if fence[0] == "`" and "`" in rest else fence
        elif fence.startswith(is_open) and not rest.strip():
            is_open = ""
    return f"{text.rstrip(chr(10))}\n{is_open}" if is_open else text
