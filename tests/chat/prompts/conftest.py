"""Prompts straight through the action."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from accounts.models import User
from chat.actions.prompts import create_prompt
from chat.models import Prompt

MakePrompt = Callable[..., Prompt]


@pytest.fixture
def make_prompt() -> MakePrompt:
    def make(owner: User, name: str, text: str = "A text", **more: object) -> Prompt:
        fields = {"title": f"Title of {name}", "description": "", "is_starter": False, "is_shared": False, "team": None}
        return create_prompt(owner=owner, name=name, text=text, **fields | more)  # type: ignore[arg-type]  # what a test names

    return make
