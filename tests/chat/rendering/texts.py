"""Texts to stream: made of Markdown's pieces in any order, and of any characters."""

from __future__ import annotations

from hypothesis import strategies as st

FRAGMENTS = [
    "a", "word ", "two words", "\n", "\n\n", "  ", "    ", "\t", "- ", "- item\n", "* ", "+ ", "1. ", "2) ", "1) x\n", "12. y\n",
    "# ", "## T\n", "#", "> ", ">", ">> q\n", "```", "```py\n", "~~~\n", "````\n", "`", "``", "*", "**", "***", "_", "__", "~~",
    "[", "]", "(", ")", "[a]", "[a]: /u\n", "[a]: <u> 't'\n", "[b]:\n", "/x 'ti\ntle'\n", "![i](s)", "[t](u \"v\")", "<", ">x", "&amp;",
    "&", "&#0;", "|", "| a | b |\n", "|---|--:|\n", "|-|\n", "a | b\n", "---", "---\n", "===\n", "***\n", "- - -\n", "\\", "\\\n",
    "  \n", "http://a.b/c", "https://x.y)", "<http://z>", "!", ":", "://", "- [ ] t\n", "- [x] d\n", "\r", "\r\n", "\x00", "\ud800",
    "漢字", "é", "👩‍👩‍👧", "مرحبا", "\u00a0", "\u2028", "\x0b", "<b>", "</div>\n", "<!--", "-->", "$x$", "   - n\n", "     - n\n", "  x\n",
    "   y\n", "def f():\n", "  \t", "=", "0", "1.", "-", "\n- b\n", "\n\n- c", "\n1. d\n", "\n    code\n", "\n> z\n", "\n\npara", "\n\n\n",
]  # fmt: skip

markdown = st.lists(st.sampled_from(FRAGMENTS), max_size=25).map("".join)
anything = st.text(st.characters(), max_size=80)
texts = st.one_of(markdown, anything)
