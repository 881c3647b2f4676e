"""The products whose files are read, told apart by what is in them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from chat.imports import chatgpt, claude, convoscope, librechat, open_webui
from chat.imports.conversation import ImportedConversation


@dataclass(frozen=True, slots=True)
class Product:
    label: str
    is_one: Callable[[dict[str, Any]], bool]
    read: Callable[[dict[str, Any]], ImportedConversation]


PRODUCTS = {
    "convoscope": Product("Convoscope", convoscope.is_one, convoscope.read),
    "chatgpt": Product("ChatGPT", chatgpt.is_one, chatgpt.read),
    "claude": Product("Claude", claude.is_one, claude.read),
    "open-webui": Product("Open WebUI", open_webui.is_one, open_webui.read),
    "librechat": Product("LibreChat", librechat.is_one, librechat.read),
}


def product_of(document: dict[str, Any]) -> str | None:
    return next((name for name, product in PRODUCTS.items() if product.is_one(document)), None)
