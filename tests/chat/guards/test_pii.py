"""What is personal data or a secret, kind by kind, and what only looks like it."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.guards.pii import find_pii
from tests.chat.guards.pieces import HOSTILE, PII_TEXTS, found


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("Write to jo@example.org.", "jo@example.org"),
        ("**a@b.example**", "a@b.example"),
        ("_a@b.example_", "a@b.example"),
        ("<first.last+tag@sub.example.co.uk>", "first.last+tag@sub.example.co.uk"),
        ("'quoted@example.org'", "quoted@example.org"),
        ("o'brien@example.ie", "o'brien@example.ie"),
        (r"john\_doe@example.org", r"john\_doe@example.org"),
        ("我的邮箱是li.wei@example.cn，谢谢", "li.wei@example.cn"),
        ("jörg@bücher.example", "jörg@bücher.example"),
        ("mailto:x@example.org?subject=y", "x@example.org"),
        ("a@xn--bcher-kva.xn--p1ai", "a@xn--bcher-kva.xn--p1ai"),
        ("at the end jo@example.org", "jo@example.org"),
    ],
)
def test_email(text: str, address: str) -> None:
    assert found(text) == [("email", address)]


@pytest.mark.parametrize(
    "text",
    [
        *("a@b", "user@host", "@handle and @other.person", "@user@mastodon.social", "git@github.com:owner/repo.git"),
        *("logo@2x.png", "left-pad@1.3.0", "a@b.notatopleveldomain", "x@-a.com", "a..b@example.org", "a.@example.org"),
        *("https://me@example.org/", "actions/checkout@8e5e7e5ab8b370d6c329ec480221332ada57f0ab", "@", "a@.com"),
    ],
)
def test_no_email(text: str) -> None:
    assert found(text) == []


def test_of_a_long_local_part_the_last_thirty_characters_are_taken() -> None:
    assert found("x" * 64 + "@example.org") == [("email", "x" * 30 + "@example.org")]


def test_a_long_address_is_known_by_the_point_in_its_domain() -> None:
    address = "jo@department.of.very.long.names.university.unheardof"
    assert found(f"To {address}, please") == [("email", address)]


@pytest.mark.parametrize("chars", range(1, 40))
def test_email_wherever_its_labels_end(chars: int) -> None:
    address = f"jo@sub.{'x' * chars}.example.org"

    assert found(f"To {address}, please") == [("email", address)]


@pytest.mark.parametrize(
    "text",
    [
        *("+84 912 345 678", "+1 (202) 555-0143", "+44 (0)20 7946 0958", "+4930231250", "(312) 555-0188"),
        *(
            "312-555-0188",
            "+33 6 12 34 56 78",
            "+91-98450-12345",
            "1-800-555-0199",
            "0912 345 678",
            "**+84 912 345 678**",
        ),
    ],
)
def test_phone_by_its_shape(text: str) -> None:
    assert found(text) == [("phone", text.strip("*"))]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        *(
            ("Call 2025550147", "2025550147"),
            ("ĐT: 0868.123.456", "0868.123.456"),
            ("Handy 0171 3920012", "0171 3920012"),
        ),
        *(
            ("Tél. 0612345678", "0612345678"),
            ("mi móvil es 612 345 678", "612 345 678"),
            ("电话13812345678", "13812345678"),
        ),
        *(
            ("Mobile: 9876543210", "9876543210"),
            ("2025550147 is my phone", "2025550147"),
            ("tel 01632 960123", "01632 960123"),
        ),
    ],
)
def test_phone_by_the_words_around_it(text: str, number: str) -> None:
    assert found(text) == [("phone", number)]


@pytest.mark.parametrize(
    "text",
    [
        *("2025550147", "Order 0912345678", "2024-05-12", "12.05.2024", "555-1234 + 800-900 * 2", "1_000_000_000"),
        *("3.14159265358979", "0.70710678", "10 20 30 40 50 60 70", "40.712776, -74.005974", "1,402,112,000"),
        *("978-3-16-148410-0", "7732-18-5", "call 0123456789", "(x + 1)(y - 2)", "12:34:56.789", "mã đơn 0912345678"),
    ],
)
def test_no_phone(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    "text",
    [
        *("DE89 3704 0044 0532 0130 00", "DE89370400440532013000", "de89 3704 0044 0532 0130 00"),
        *("GB29 NWBK 6016 1331 9268 19", "FR14 2004 1010 0505 0001 3M02 606", "NO93 8601 1117 947"),
        *("MT84 MALT 0110 0001 2345 MTLC AST0 01S", "DE89-3704-0044-0532-0130-00", "DE89 3704 0044\n0532 0130 00"),
        "DE89 3704 **0044** 0532 0130 00",
    ],
)
def test_iban(text: str) -> None:
    assert found(f"Pay to {text}, please") == [("iban", text)]


@pytest.mark.parametrize(
    "text",
    [
        *("DE88 3704 0044 0532 0130 00", "DE89 3704 0044 0532 0130", "XX89 3704 0044 0532 0130 00"),
        *("ADE89370400440532013000", "DE89370400440532013000X"),
    ],
)
def test_no_iban(text: str) -> None:
    assert "iban" not in dict(found(text))


@pytest.mark.parametrize(
    "text",
    [
        *("4111 1111 1111 1111", "4111-1111-1111-1111", "4111111111111111", "5555 5555 5555 4444", "3782 822463 10005"),
        *("6011 1111 1111 1117", "3056 930902 5904", "3530111333300000", "2223 0031 2200 3222", "4111 1111\n1111 1111"),
        *("4111 **1111** 1111 1111", "4222222222222"),
    ],
)
def test_card(text: str) -> None:
    assert found(text) == [("card", text)]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("4111 1111 1111 1111 123", "4111 1111 1111 1111"),
        ("2024 4111 1111 1111 1111", "4111 1111 1111 1111"),
        ("card 41 11 11 11 11 11 11 11", None),
        ("my card: 411111 1111111111", "411111 1111111111"),
    ],
)
def test_card_among_other_numbers(text: str, number: str | None) -> None:
    assert found(text) == ([] if number is None else [("card", number)])


@pytest.mark.parametrize(
    "text",
    [
        *(
            "4111 1111 1111 1112",
            "9111 1111 1111 1111",
            "14111 1111 1111 1111",
            "4111 1111 1111 1111a",
            "0000 0000 0000 0000",
        ),
        *("Order 4111 1111 1111 1111", "4111 1111 1111 1111.5"),
    ],
)
def test_no_card(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("536-90-4399", "536-90-4399"),
        ("My SSN is 536904399", "536904399"),
        ("536 90 4399 is my social security number", "536 90 4399"),
        ("CCCD 079203001234", "079203001234"),
        ("079203001234 là số căn cước của tôi", "079203001234"),
        ("Steuer-ID 36574261809", "36574261809"),
        ("1 85 05 78 006 084 91", "1 85 05 78 006 084 91"),
        ("DNI 54362315K", "54362315K"),
        ("54362315-K", "54362315-K"),
        ("X2482300W", "X2482300W"),
        ("AB 12 34 56 C", "AB 12 34 56 C"),
        ("RCCMNL83S18D969H", "RCCMNL83S18D969H"),
        ("Aadhaar 2341 2341 2346", "2341 2341 2346"),
        ("PAN card ACUPA7085R", "ACUPA7085R"),
        ("BSN 111222333", "111222333"),
        ("PESEL 44051401359", "44051401359"),
        ("390.533.447-05", "390.533.447-05"),
        ("身份证360426199101010071", "360426199101010071"),
        ("971013-9019902", "971013-9019902"),
    ],
)
def test_national_id(text: str, number: str) -> None:
    assert found(text) == [("national_id", number)]


@pytest.mark.parametrize(
    "text",
    [
        *(
            "000-12-3456",
            "666-12-3456",
            "900-12-3456",
            "536-00-4399",
            "536904399",
            "Đơn hàng 079203001234",
            "079203001234",
        ),
        *("CCCD 003203001234", "CCCD 079903001234", "Steuer-ID 36574261808", "54362315A", "X2482300A", "BG 12 34 56 C"),
        *("part 54362315K", "RCCMNL83S18D969A", "123456789012", "1 85 05 78 006 084 92"),
    ],
)
def test_no_national_id(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    "text",
    [
        *(
            "203.0.113.45",
            "93.184.216.34",
            "2001:db8::1",
            "2001:db8:85a3:0:0:8a2e:370:7334",
            "fe80:1234::9abc",
            "IP 10.0.0.5",
        )
    ],
)
def test_ip(text: str) -> None:
    assert found(text) == [("ip", text.removeprefix("IP "))]


@pytest.mark.parametrize(
    "text",
    [
        *("version 203.0.113.45", "v203.0.113.45", "1.2.3.4", "10.0.0.5", "192.168.1.44", "127.0.0.1", "255.255.255.0"),
        *(
            "0.0.0.1",
            "1.2.3.4.5",
            "256.1.1.1",
            "203.0.113.450",
            "std::vector",
            "12:34:56",
            "a::b",
            "00:1B:44:11:3A:B7",
            "::1",
        ),
    ],
)
def test_no_ip(text: str) -> None:
    assert found(text) == []


@given(PII_TEXTS | st.text(max_size=200))
def test_nothing_raises_and_findings_are_apart_and_in_order(text: str) -> None:
    findings = find_pii(text)

    assert all(0 <= one.start < one.end <= len(text) and 0.5 <= one.score <= 1 for one in findings)
    assert all(one.end <= other.start for one, other in pairwise(findings))


@pytest.mark.parametrize("piece", HOSTILE)
def test_a_hostile_text_takes_no_longer_than_another(piece: str) -> None:
    """What grew with the square of its length would not be done before the suite's time is over."""
    text = piece * (100_000 // len(piece))
    findings = find_pii(text)

    assert all(0 <= one.start < one.end <= len(text) for one in findings)
    assert all(one.end <= other.start for one, other in pairwise(findings))
