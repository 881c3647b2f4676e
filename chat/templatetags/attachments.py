"""What the composer says of files before they go up, and how their names are cut."""

from __future__ import annotations

import re
from typing import NamedTuple

from django import template
from django.conf import settings

from chat.models import Attachment

register = template.Library()

# Type and ending of each kind, for browsers that know the one or the other. What a file is, its content says.
ACCEPT = ",".join(
    (
        "image/png,image/jpeg,image/webp,image/gif",
        "application/pdf,.pdf",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document,.docx",
        "text/*,.txt,.md,.markdown,.csv,.tsv,.log,.rst,.tex",
        "application/json,.json,.jsonl,.yaml,.yml,.toml,.ini,.cfg,.conf,.env,.xml,image/svg+xml,.svg,.html,.css,.scss",
        ".py,.ipynb,.js,.mjs,.ts,.jsx,.tsx,.vue,.java,.kt,.scala,.swift,.c,.h,.cpp,.hpp,.cc,.cs,.go,.rs,.rb,.php,.pl,.lua",
        ".r,.jl,.m,.sql,.sh,.bash,.zsh,.ps1,.bat,.dart,.ex,.exs,.erl,.hs,.clj,.tf,.proto,.graphql,.diff,.patch,.srt,.vtt",
    )
)
_NAME = re.compile(r"(.*?)(\.[^.]{1,9})?", re.DOTALL)


SHOWN_WIDTH_PX, SHOWN_HEIGHT_PX = 288, 240


class Rules(NamedTuple):
    accept: str
    max_files: int
    max_bytes: int


class CutName(NamedTuple):
    """The ending is shown however long the name is."""

    stem: str
    ending: str


class Size(NamedTuple):
    width: int
    height: int


@register.filter
def fitted(image: Attachment) -> Size:
    """In pixels as it is shown under a question, so that nothing moves when it comes."""
    width, height = image.width or SHOWN_WIDTH_PX, image.height or SHOWN_HEIGHT_PX
    scale = min(1, SHOWN_WIDTH_PX / width, SHOWN_HEIGHT_PX / height)
    return Size(max(1, round(width * scale)), max(1, round(height * scale)))


@register.simple_tag
def attachment_rules() -> Rules:
    return Rules(ACCEPT, settings.MESSAGE_MAX_FILES, settings.MAX_UPLOAD_BYTES)


@register.filter
def cut(name: str) -> CutName:
    found = _NAME.fullmatch(name)
    assert found is not None
    return CutName(found[1], found[2] or "")
