"""The vendors on loopback: `VendorServer`, and what a test may tell it to do."""

from __future__ import annotations

from tests.support.vendors.nowhere import closed_url, unreachable_url
from tests.support.vendors.script import (
    PAGE,
    Answer,
    Cut,
    EmptyStream,
    Hang,
    Malformed,
    Refusal,
    RefusalKind,
    Reset,
    Silence,
    Status,
    StreamError,
    Vectors,
    WireCall,
    WireUsage,
)
from tests.support.vendors.server import ANTHROPIC, GEMINI, OPENAI, Recorded, VendorServer

__all__ = [
    "ANTHROPIC",
    "GEMINI",
    "OPENAI",
    "PAGE",
    "Answer",
    "Cut",
    "EmptyStream",
    "Hang",
    "Malformed",
    "Recorded",
    "Refusal",
    "RefusalKind",
    "Reset",
    "Silence",
    "Status",
    "StreamError",
    "Vectors",
    "VendorServer",
    "WireCall",
    "WireUsage",
    "closed_url",
    "unreachable_url",
]
