"""A page's body in Python: enough of a DOM to apply frames as `static/js/live-ops.js` does, and to write it as HTML."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_TOKEN = re.compile(r'<(/?)([a-z0-9-]+)((?:[^>"]|"[^"]*")*)>|[^<]+')
_VOID = frozenset({"br", "hr", "input"})


@dataclass(eq=False)
class Node:
    name: str
    attributes: str = ""
    children: list[Node | str] = field(default_factory=list)
    parent: Node | None = None

    def has(self, attribute: str) -> bool:
        return attribute in re.sub(r'"[^"]*"', "", self.attributes).split()

    def drop(self, attribute: str) -> None:
        self.attributes = self.attributes.replace(f" {attribute}", "", 1)

    def up(self, attribute: str = "data-up") -> int:
        match = re.search(rf'{attribute}="(\d+)"', self.attributes)
        return int(match[1]) if match else 0

    def find(self, attribute: str) -> Node | None:
        """The last one: there is at most one, and in documents that grow it is near the end."""
        for child in reversed(self.children):
            if isinstance(child, Node):
                if child.has(attribute):
                    return child
                if child.name != "template" and (found := child.find(attribute)) is not None:
                    return found
        return None

    def replace(self, old: Node, new: list[Node | str], *, is_kept: bool) -> None:
        at = next(index for index, child in enumerate(self.children) if child is old)
        self.children[at : at + 1] = [old, *new] if is_kept else new
        for child in new:
            if isinstance(child, Node):
                child.parent = self

    def html(self) -> str:
        inner = "".join(child if isinstance(child, str) else child.html() for child in self.children)
        if self.name in _VOID:
            return f"<{self.name}{self.attributes}>"
        return f"<{self.name}{self.attributes}>{inner}</{self.name}>" if self.name else inner


def parse(html: str) -> Node:
    root = node = Node("")
    position = 0
    for match in _TOKEN.finditer(html):
        assert match.start() == position, html[position:][:80]
        position = match.end()
        if match[2] is None:
            node.children.append(match[0])
        elif match[1]:
            assert node.name == match[2], (node.name, match[0])
            assert node.parent is not None
            node = node.parent
        else:
            child = Node(match[2], match[3], [], node)
            node.children.append(child)
            node = node if match[2] in _VOID else child
    assert position == len(html)
    assert node is root, "an element was left open"
    return root


class Page:
    def __init__(self) -> None:
        self.body = Node("")

    def apply(self, frame: str) -> None:
        for node in parse(frame).children:
            if isinstance(node, Node):
                assert node.name == "template"
                assert node.has("data-op")
                self._apply_op(node)
            else:
                tail = self.body.find("data-tail")
                assert tail is not None
                (tail.find("data-in") or tail).children.append(node)

    def html(self) -> str:
        return self.body.html()

    def tail_count(self) -> int:
        return len(re.findall(r"<[^>]* data-tail>", self.html()))

    def _apply_op(self, op: Node) -> None:
        tail = self.body.find("data-tail")
        if op.has("data-redo"):
            self.body.children = []
            tail = None
        if tail is None:
            self.body.children += op.children
            for child in op.children:
                if isinstance(child, Node):
                    child.parent = self.body
            return
        place = tail
        for _ in range(op.up()):
            assert place.parent is not None
            place = place.parent
        is_kept = op.has("data-keep")
        assert place.parent is not None
        place.parent.replace(place, op.children, is_kept=is_kept or place is not tail)
        if is_kept:
            spot = tail.find("data-in")
            if spot is not None:
                spot.drop("data-in")
            tail.drop("data-tail")
        elif place is not tail:
            assert tail.parent is not None
            tail.parent.replace(tail, [], is_kept=False)
