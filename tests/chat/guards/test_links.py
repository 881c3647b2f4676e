"""Links and images that would carry data out, and those that are let through."""

from __future__ import annotations

import re
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.guards.links import LinkFilter, find_links, hosts_in, without_unsafe_links
from chat.rendering import render_markdown
from tests.chat.guards.pieces import HOSTILE, cuts, streamed

ALLOWED = frozenset({"example.org"})
MARK = "[REDACTED:LINK]"
DATA = "c2VjcmV0" * 12


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("a [text](https://b.example/x) z", "a text z"),
        ('a [text](https://b.example/x "title (1)") z', "a text z"),
        ("a [text](<https://b.example/x y>) z", "a text z"),
        ("a ![alt](https://b.example/x.png?q=1) z", "a alt z"),
        ("a ![](https://b.example/x.png) z", f"a {MARK} z"),
        ("a [text](//b.example/x) z", "a text z"),
        (r"a [text](https:\\b.example) z", "a text z"),
        ("a [text](https:b.example) z", "a text z"),
        ("a [text](https://example.org@b.example/) z", "a text z"),
        ("a [text](https://sub.example.org/) z", "a text z"),
        ("a [text](javascript:alert(1)) z", "a text z"),
        ("a [text](java&#115;cript:alert(1)) z", "a text z"),
        (r"a [text](javascript\:alert(1)) z", "a text z"),
        ("a ![alt](data:image/png;base64,AAAA) z", "a alt z"),
        (f"a ![alt](https://example.org/x.png?d={DATA}) z", "a alt z"),
        ("a [**bold**](https://b.example) z", "a **bold** z"),
        ("a **[text](https://b.example)** z", "a **text** z"),
        ("a [![alt](https://b.example/i)](https://example.org) z", "a [alt](https://example.org) z"),
        ("a [![alt](https://b.example/i)](https://c.example) z", "a alt z"),
        ("a [[x](https://b.example)](https://c.example) z", "a x z"),
        ("[ref]: https://b.example/x 'title'\nz", f"{MARK} 'title'\nz"),
        ("a <https://b.example/x> z", f"a {MARK} z"),
        ("a <javascript:alert(1)> z", f"a {MARK} z"),
        ("a <https://example.org&sol;.b.example> z", f"a {MARK} z"),
        ("a <https:b.example'x> z", f"a {MARK} z"),
        (f"a <https://b.example/{'x' * 900}> z", f"a {MARK} > z"),
        ("a https://b.example/x?y=z, z", f"a {MARK}, z"),
        ("a http://[2001:db8::1]/x z", f"a {MARK} z"),
        ("a HTTPS://B.EXAMPLE/x z", f"a {MARK} z"),
        ('a <img src="https://b.example/x" alt="alt"> z', "a alt z"),
        ("a <img src=//b.example/x> z", f"a {MARK} z"),
        ('a <a href="https://b.example">text</a> z', f"a {MARK} text</a> z"),
        ('a <div style="background:url(//b.example/x)"> z', f"a {MARK} z"),
        (f"a ![{'x' * 300}](https://b.example) z", f"a ![{'x' * 300}] z"),
        (f"a [text](https://b.example/{'x' * 900}) z", "a text) z"),
        (f"a https://b.example/{'x' * 900} z", f"a {MARK} z"),
        (f'a <img alt="{"x" * 400}" src="//b.example"> z', f'a {MARK} img alt="{"x" * 400}" src="//b.example"> z'),
        ("[a]![](//b.example)(//c.example/q)", f"[a] {MARK} (//c.example/q)"),
        ("![//c.example/x](https://b.example)", MARK),
        ("https://example.org.![b.example](//b.example)/q", "https://example.org. b.example /q"),
        ("https://**![b.example](//b.example)", "https://** b.example"),
        ("[x](![&sol;&sol;c.example](//b.example))", f"[x]( {MARK})"),
        ("![a](//b.example)![b](//b.example)", "a b"),
    ],
)
def test_an_unsafe_link_is_its_text(text: str, left: str) -> None:
    assert without_unsafe_links(text, ALLOWED) == left
    assert {one.category for one in find_links(text, ALLOWED)} == {"exfiltration"}


@pytest.mark.parametrize(
    "text",
    [
        *("[text](https://example.org/x)", "![alt](https://www.example.org/x.png)", "[r]: https://example.org\n[a][r]"),
        *("https://example.org/x?y=z", "<https://example.org>", '<img src="https://example.org/x">', "[a](#anchor)"),
        *(
            "[a](docs/page.md)",
            "[mail](mailto:jo@b.example)",
            "a[0](x)",
            "if (a<b && c>d) { f(x[i]) }",
            "x <y",
            "[1] [2]: no",
        ),
        *(
            "https://",
            "[unclosed",
            "](",
            "![",
            "a ](b) c",
            "[^1]: A note",
            "std::vector<int> v[3];",
            "h",
            "ht",
            "<",
            "!",
        ),
    ],
)
def test_what_is_no_unsafe_link_stays(text: str) -> None:
    assert without_unsafe_links(text, ALLOWED) == text
    assert find_links(text, ALLOWED) == []


def test_without_hosts_only_what_is_more_than_an_address_is_found() -> None:
    assert find_links("[a](https://b.example) ![b](https://c.example/logo.png) https://d.example", None) == []
    assert [one.rule for one in find_links(f"![b](https://c.example/{DATA}) [c](data:text/html,x)", None)] == [
        *("image_data", "data_address"),
    ]


def test_hosts_that_a_person_named() -> None:
    text = "See https://www.Example.org:8443/x, docs.example.com and http://localhost:8000/; https://u@b.example."

    assert hosts_in(text) == {"example.org", "docs.example.com", "localhost", "b.example"}


PIECES = st.sampled_from(
    [
        *(
            "[",
            "]",
            "(",
            ")",
            "](",
            "![",
            "<",
            ">",
            "!",
            "\\",
            '"',
            "'",
            " ",
            "\n",
            ":",
            "//",
            "/",
            "a",
            "text",
            "t",
            "h",
        ),
        *("https://", "http:", "https://b.example/x", "//b.example", "https://example.org/", "javascript:", "data:,x"),
        *(
            "[a](https://b.example)",
            "![](//b.example)",
            "![t](//b.example)",
            "[r]: ",
            "[a]",
            "(//c.example)",
            "<img ",
            "src=",
        ),
        *(
            "<a href=",
            "alt=",
            "x" * 150,
            "[text](",
            "&#58;",
            "<https:",
            "[^1]",
            "|",
            "**",
            "`",
            "```\n",
            "ps://b.example",
        ),
    ]
)
LEADS_AWAY = re.compile(r"(?:https?:[/\\]*|[/\\]{2,})(?:[^/\\?#]*@)?[bc]\.example", re.IGNORECASE)
LINKS = st.lists(PIECES, max_size=14).map("".join)


@pytest.mark.parametrize(
    "text", ["[r]: https://[a](https://b.example)", "[r]:\nhttps://b.example    (//c.example)[]", "x https://[::1]/"]
)
def test_what_is_begun_may_be_closed_yet(text: str) -> None:
    links = LinkFilter(ALLOWED)

    assert streamed(links.feed, links.finish, list(text)) == without_unsafe_links(text, ALLOWED)


@given(LINKS, st.data())
def test_cut_anywhere_it_is_the_same(text: str, data: st.DataObject) -> None:
    links = LinkFilter(ALLOWED)

    assert streamed(links.feed, links.finish, data.draw(cuts(text))) == without_unsafe_links(text, ALLOWED)


@given(LINKS)
def test_what_is_left_holds_no_unsafe_link(text: str) -> None:
    left = without_unsafe_links(text, ALLOWED)

    # What has no end within reach is read as a tag or a definition for caution's sake; neither leads anywhere.
    assert {one.rule for one in find_links(left, ALLOWED)} <= {"tag", "definition"}
    assert find_links(text, ALLOWED) != [] or left == text


@given(LINKS)
def test_what_is_left_leads_nowhere_else_when_it_is_shown(text: str) -> None:
    html = render_markdown(without_unsafe_links(text, ALLOWED))
    addresses = [unescape(one) for one in re.findall(r'(?:href|src)="([^"]*)"', html)]

    assert [one for one in addresses if LEADS_AWAY.match(one)] == []


def test_a_link_is_held_until_its_address_is_known() -> None:
    links = LinkFilter(ALLOWED)

    assert [links.feed(text) for text in ("See [te", "xt](https://exam", "ple.org/x", ") for", " more")] == [
        *("See ", "", "", "[text](https://example.org/x) for", " more"),
    ]


def test_what_is_no_link_is_not_held_for_long() -> None:
    links = LinkFilter(ALLOWED)
    shown = "".join(map(links.feed, "[" + "x" * 300))

    assert shown == "[" + "x" * 300


@pytest.mark.parametrize("piece", [*HOSTILE, "![[", "[x](", "[a]: ", "<a '", "[a](<", "(((", '[a](//b "', "[]((("])
def test_a_hostile_text_takes_no_longer_than_another(piece: str) -> None:
    """What grew with the square of its length would not be done before the suite's time is over."""
    text = piece * (50_000 // len(piece))
    links = LinkFilter(ALLOWED)

    assert links.feed(text[:25_001]) + links.feed(text[25_001:]) + links.finish() == without_unsafe_links(text, ALLOWED)
    assert all(host in text for host in hosts_in(text))
