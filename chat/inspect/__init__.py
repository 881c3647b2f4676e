"""Inspect: what is known about how an answer came about, of what the viewer may see."""

from chat.inspect.inspection import inspect_message, inspect_request
from chat.inspect.parts import Inspection

__all__ = ["Inspection", "inspect_message", "inspect_request"]
