"""The icons: each is drawn once, and for something."""

from __future__ import annotations

import re

from convoscope.templatetags.icons import NAMES
from tests.support.source import texts


def test_every_icon_stands_once_and_is_used() -> None:
    used = {name for text in texts("templates", ".html").values() for name in re.findall(r'{% icon "([\w-]+)"', text)}
    assert sorted(NAMES) == sorted(used)
