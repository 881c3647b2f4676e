"""Server-sent events as providers send them: bytes in, complete data payloads out."""

from __future__ import annotations


class SseSplitter:
    """Splits a stream at its blank lines, wherever the network cut it.

    The usual event is one `data:` line; others (several lines, comments, event names, `\\r\\n`) take the slow path.
    """

    __slots__ = ("_rest",)

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, received: bytes) -> list[bytes]:
        """The payloads that are complete now. What is not is kept for the next call."""
        data = self._rest + received if self._rest else received
        if b"\r" in data:
            # A lone \r at the end may be half of a line break.
            cut = len(data) - 1 if data.endswith(b"\r") else len(data)
            data, half = data[:cut].replace(b"\r\n", b"\n").replace(b"\r", b"\n"), data[cut:]
        else:
            half = b""
        end = data.rfind(b"\n\n")
        if end < 0:
            self._rest = data + half
            return []
        self._rest = data[end + 2 :] + half
        return [payload for event in data[:end].split(b"\n\n") if (payload := _payload(event))]

    def finish(self) -> list[bytes]:
        """What a stream that ends without a blank line still holds."""
        rest, self._rest = self._rest, b""
        return [payload] if (payload := _payload(rest.replace(b"\r", b"\n"))) else []


def _payload(event: bytes) -> bytes:
    if event.startswith(b"data: ") and b"\n" not in event:
        return event[6:]
    lines = (line[5:].removeprefix(b" ") for line in event.split(b"\n") if line.startswith(b"data:"))
    return b"\n".join(lines).strip()
