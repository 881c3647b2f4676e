"""Links and images that would carry data out of a conversation: to a host that the person never spoke of, or with an
address that is more than one."""

from __future__ import annotations

from chat.guards.contract import Finding
from chat.guards.links.addresses import hosts_in
from chat.guards.links.filter import LinkFilter
from chat.guards.links.reading import read

__all__ = ["LinkFilter", "find_links", "hosts_in", "without_unsafe_links"]


def find_links(text: str, allowed: frozenset[str] | None) -> list[Finding]:
    """The unsafe ones. `allowed`: the hosts that may be led to; None for all of them."""
    found, place = [], 0
    while (step := read(text, place, allowed, final=True)) is not None:
        if step.rule:
            found.append(Finding(step.start, step.end, "exfiltration", step.score, step.rule))
        place = step.end
    return found


def without_unsafe_links(text: str, allowed: frozenset[str] | None) -> str:
    """An unsafe link is its text, an image what it says of itself."""
    links = LinkFilter(allowed)
    return links.feed(text) + links.finish()
