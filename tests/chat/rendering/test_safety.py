from __future__ import annotations

import re
from html import unescape

import pytest
from hypothesis import given, settings

from chat.rendering import render_markdown
from chat.rendering.formula import MATH_ATTRIBUTES, MATH_CLASSES
from tests.chat.rendering.page import Node, parse
from tests.chat.rendering.streaming import check
from tests.chat.rendering.texts import texts

pytestmark = pytest.mark.security

ALLOWED = {
    "a": {"class", "href", "title", "rel", "role", "target"},
    "blockquote": set(),
    "br": set(),
    "code": {"class"},
    "code-wrap": set(),
    "copy-button": set(),
    "div": {"class", "tabindex", "role", "aria-label"},
    "em": set(),
    "figcaption": set(),
    "figure": {"class"},
    "h3": set(),
    "h4": set(),
    "h5": set(),
    "h6": set(),
    "hr": set(),
    "input": {"type", "disabled", "checked", "aria-label"},
    "li": {"class"},
    "ol": {"start"},
    "p": {"class"},
    "pre": {"tabindex"},
    "s": set(),
    "span": {"class", "tabindex"},
    "strong": set(),
    "sup": set(),
    "table": set(),
    "tbody": set(),
    "td": {"class"},
    "th": {"class"},
    "thead": set(),
    "tr": set(),
    "ul": set(),
    **{name: names | {"class"} if name in MATH_CLASSES else names for name, names in MATH_ATTRIBUTES.items()},
}
CLASSES = {"code", "math", "math-source", "note", "remote-image", "table", "task", "center", *"ksfnco"}
CLASSES = CLASSES.union(*MATH_CLASSES.values())

VECTORS = [
    "<script>alert(1)</script>",
    "<SCRIPT SRC=//evil.example/x.js></SCRIPT>",
    "<img src=x onerror=alert(1)>",
    '<img src="javascript:alert(1)">',
    "<svg onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<svg><a xlink:href='javascript:alert(1)'><text>x</text></a></svg>",
    "<math><mi xlink:href='javascript:alert(1)'>x</mi></math>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    "<iframe src=javascript:alert(1)></iframe>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<body onload=alert(1)>",
    "<details open ontoggle=alert(1)>x</details>",
    "<a href=javascript:alert(1)>x</a>",
    "<a onclick=alert(1)>x</a>",
    "<form action=javascript:alert(1)><button>x</button></form>",
    "<button formaction=javascript:alert(1)>x</button>",
    "<input autofocus onfocus=alert(1)>",
    "<object data=javascript:alert(1)></object>",
    "<embed src=javascript:alert(1)>",
    "<base href=//evil.example/>",
    "<link rel=stylesheet href=//evil.example/x.css>",
    "<meta http-equiv=refresh content='0;url=javascript:alert(1)'>",
    "<style>@import '//evil.example/x.css';</style>",
    "<div style=background:url(javascript:alert(1))>x</div>",
    "<video><source onerror=alert(1)></video>",
    "<marquee onstart=alert(1)>x</marquee>",
    "<template data-op data-redo><p>gone</p></template>",
    "</template><script>alert(1)</script>",
    "<p data-tail data-in>x</p>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'></noscript>",
    "<!--><img src=x onerror=alert(1)>-->",
    "<![CDATA[<img src=x onerror=alert(1)>]]>",
    "<?xml version='1.0'?><x onload=alert(1)>",
    "<x/onclick=alert(1)>x</x>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](javascript&colon;alert(1))",
    "[x](javascript&#58;alert(1))",
    "[x](&#106;avascript:alert(1))",
    "[x](&#x6A;&#x61;vascript:alert(1))",
    "[x](java\tscript:alert(1))",
    "[x](<java\tscript:alert(1)>)",
    "[x](java&Tab;script:alert(1))",
    "[x](java&NewLine;script:alert(1))",
    "[x](&#1;javascript:alert(1))",
    "[x]( javascript:alert(1))",
    "[x](<javascript:alert(1)>)",
    "[x](\\javascript:alert(1))",
    "[x](javascript\\:alert(1))",
    "[x](//evil.example/x)",
    "[x](vbscript:msgbox(1))",
    "[x](data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==)",
    "[x](data:image/png;base64,AAAA)",
    "[x](file:///etc/passwd)",
    "[x](blob:https://example.org/x)",
    "[x](ftp://example.org/x)",
    "[x](tel:123)",
    "![x](javascript:alert(1))",
    "![x](data:image/svg+xml;base64,PHN2Zz4=)",
    '![x" onerror="alert(1)](http://a.example/x.png)',
    '![x](http://a.example/x.png" onerror="alert(1))',
    '![x](http://a.example/x.png "t\\" onerror=\\"alert(1)")',
    "[![x](http://a.example/i.png)](javascript:alert(1))",
    '[x](http://a.example/"onmouseover="alert(1))',
    "[x](http://a.example/ '\" onmouseover=\"alert(1)')",
    "[x](http://a.example/%22onclick=%22alert(1))",
    '[x](http://a.example/ "<img src=x onerror=alert(1)>")',
    "[<img src=x onerror=alert(1)>](http://a.example)",
    "[x][1]\n\n[1]: javascript:alert(1)",
    "[x][1]\n\n[1]: http://a.example '\"><script>alert(1)</script>'",
    "[x][1]\n\n[1]: data:text/html,<script>alert(1)</script>",
    "<javascript:alert(1)>",
    "<data:text/html,<script>alert(1)</script>>",
    '<http://a.example/"onclick="alert(1)>',
    "<http://a.example/<script>>",
    "http://a.example/<script>alert(1)</script>",
    'http://a.example/"onclick="alert(1)',
    "javascript:alert(1)",
    "https://user:password@evil.example@good.example/",
    '```"><script>alert(1)</script>\nx\n```',
    "```js onload=alert(1)\nx\n```",
    "```</code></pre><script>alert(1)</script>\nx\n```",
    "```html\n</code></pre><script>alert(1)</script>\n```",
    "```&quot;&gt;&lt;script&gt;\nx\n```",
    "`</code><script>alert(1)</script>`",
    "    </code></pre><script>alert(1)</script>",
    "| <script>alert(1)</script> |\n|---|\n| <img src=x onerror=alert(1)> |",
    '| a |\n|:-:|\n| " onclick="alert(1) |',
    "- <script>alert(1)</script>\n- [x](javascript:alert(1))",
    "> <script>alert(1)</script>",
    "# <script>alert(1)</script>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&#60;script&#62;alert(1)&#60;/script&#62;",
    "\\<script>alert(1)\\</script>",
    "*<img src=x onerror=alert(1)>*",
    "<scr\x00ipt>alert(1)</scr\x00ipt>",
    "<img src=x\x0conerror=alert(1)>",
    "\u202e<script>alert(1)</script>",
    "1. " + "\n" + '99999" onclick="alert(1). x',
    "$\\text{<script>alert(1)</script>}$",
    '$\\text{" onload="alert(1)}$',
    "$$\\href{javascript:alert(1)}{x}$$",
    "$$\\style{background:url(//evil.example)}{x} \\class{a}{b} \\cssId{a}{b}$$",
    '$$\\color{red"onload="alert(1)}{x}$$',
    "\\(\\unicode{x3c}script\\unicode{x3e}\\)",
    "\\[</math><img src=x onerror=alert(1)>\\]",
    "$</math><script>alert(1)</script>$",
    '$$\\begin{equation}x\\label{a" onload="alert(1)}\\eqref{a}\\end{equation}$$',
    "$$\n\\unknown{<script>alert(1)</script>}\n$$",
    "$$\n<img src=x onerror=alert(1)>\n\n",
    '[^1"onclick="alert(1)]\n\n[^<script>]: x',
    "[^1]: <script>alert(1)</script>",
]


def check_allowed(node: Node) -> None:
    for child in node.children:
        if isinstance(child, str):
            assert "<" not in child
            continue
        attributes = dict(re.findall(r' ([a-z-]+)="([^"]*)"', child.attributes))
        assert re.sub(r' [a-z-]+="[^"]*"', "", child.attributes) == "", child.attributes
        assert attributes.keys() <= ALLOWED[child.name], (child.name, child.attributes)
        classes = set(attributes.get("class", "").split())
        assert classes <= CLASSES or re.fullmatch(r"language-[A-Za-z0-9_+#.-]+", *classes)
        if child.name == "a" and "role" in attributes:
            assert re.fullmatch(r"#note-[\w-]+", attributes["href"])
        elif child.name == "a":
            scheme = re.match(r"[^/?#]*:", unescape(attributes.get("href", "")))
            assert scheme is None or scheme[0].lower() in ("http:", "https:", "mailto:"), attributes["href"]
            assert attributes["rel"] == "noopener nofollow"
            assert attributes["target"] == "_blank"
        check_allowed(child)


@pytest.mark.parametrize("vector", VECTORS)
def test_only_allowed_elements_attributes_and_schemes(vector: str) -> None:
    for text in (
        vector,
        f"a {vector} b",
        f"- {vector}",
        f"> {vector}\n\n{vector}",
        f"| {vector} |\n|---|\n| {vector} |",
    ):
        check_allowed(parse(render_markdown(text)))


@pytest.mark.parametrize("vector", VECTORS)
def test_every_frame_is_as_safe(vector: str) -> None:
    """Frames hold nothing but ops, their attributes, and what is allowed."""
    for length in (1, 5, len(vector)):
        tokens = [vector[at : at + length] for at in range(0, len(vector), length)]
        for frame in check(tokens, step_s=0.2, snapshot_at=len(tokens) // 2).frames:
            for node in parse(frame).children:
                if isinstance(node, Node):
                    assert node.name == "template"
                    op = re.fullmatch(r" data-op(?: data-keep| data-redo)?(?: data-up=\"\d\")?", node.attributes)
                    assert op, node.attributes
                    strip_marks(node)
                    check_allowed(node)


def strip_marks(node: Node) -> None:
    for child in node.children:
        if isinstance(child, Node):
            child.attributes = re.sub(r" data-(?:tail|in)$", "", child.attributes)
            strip_marks(child)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(texts)
def test_any_text_gives_nothing_but_what_is_allowed(text: str) -> None:
    check_allowed(parse(render_markdown(text)))


def test_an_image_is_a_link_that_loads_nothing() -> None:
    assert render_markdown("![A cat](https://cats.example/1.png)") == (
        '<p><a class="remote-image" href="https://cats.example/1.png" title="cats.example" rel="noopener nofollow"'
        ' target="_blank">A cat (cats.example)</a></p>'
    )
    assert ">cats.example</a>" in render_markdown("![](https://cats.example/1.png)")


def test_a_link_shows_its_host_and_not_the_name_before_it() -> None:
    assert 'title="evil.example"' in render_markdown("[bank](https://bank.example@evil.example/)")
