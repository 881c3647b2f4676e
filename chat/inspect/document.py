"""An inspection as a document, for copying and for reports: without a word of what was asked or answered."""

from __future__ import annotations

import orjson

from chat.inspect.parts import Inspection


def as_json(inspection: Inspection) -> bytes:
    return orjson.dumps(
        {
            "message_id": inspection.message_id,
            "totals": inspection.totals,
            "requests": inspection.requests,
        },
        option=orjson.OPT_INDENT_2,
    )
