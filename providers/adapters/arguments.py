"""The arguments of a tool call that goes back to a model, for vendors that ask for an object in place of its text."""

from __future__ import annotations

from typing import Any

import orjson


def arguments_object(arguments: str) -> dict[str, Any]:
    """What a model wrote that isn't an object is kept as text."""
    try:
        parsed = orjson.loads(arguments or "{}")
    except orjson.JSONDecodeError:
        return {"unreadable": arguments}
    return parsed if isinstance(parsed, dict) else {"value": parsed}
