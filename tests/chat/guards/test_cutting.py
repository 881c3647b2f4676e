"""Where texts are cut that models are given a part of."""

from __future__ import annotations

import pytest

from chat.guards.cutting import beginning, ending

CARD, EMAIL = "4111 1111 1111 1111", "jo.smith@example.org"
PRIVATE_KEY = "\n".join(
    ["-----BEGIN PRIVATE KEY-----", *["MIIEvQIBADANBgkqhkiG9w0BAQEFAASC"] * 50, "-----END PRIVATE KEY-----"]
)


def test_what_is_short_enough_is_whole() -> None:
    assert (beginning(EMAIL, 20), ending(EMAIL, 20)) == (EMAIL, EMAIL)


def test_where_nothing_stands_it_is_cut_to_the_character() -> None:
    assert (beginning("So it is here.", 5), ending("So it is here.", 5)) == ("So it", "here.")


@pytest.mark.parametrize("secret", [CARD, EMAIL, PRIVATE_KEY, f"eyJhbGciOiJIUzI1NiJ9.{'a1B2' * 100}.{'c3D4' * 10}"])
def test_it_is_cut_beside_what_it_would_part(secret: str) -> None:
    text = f"It is this: {secret} and no other."
    for place in range(13, 12 + len(secret)):
        assert beginning(text, place) == "It is this: "
        assert ending(text, len(text) - place) == " and no other."
    assert beginning(text, 12 + len(secret)) == f"It is this: {secret}"
    assert ending(text, len(text) - 12) == f"{secret} and no other."
