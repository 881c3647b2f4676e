"""Keys, tokens and private keys, and what only looks like one."""

from __future__ import annotations

import pytest

from tests.chat.guards.pieces import found

pytestmark = pytest.mark.security

KEY = "aB3dE6gH9jK2mN5pQ8sT1vW4"


@pytest.mark.parametrize(
    "key",
    [
        *(f"sk-{KEY}{KEY}", f"sk-proj-{KEY}", f"sk-ant-api03-{KEY}"),
        *(f"AIza{KEY}{KEY[:11]}", f"AIza{KEY}{KEY[:8]}-_4", "AKIAIOSFODNN7ABCDEFG"),
        *(f"ghp_{KEY}", f"github_pat_{KEY}_{KEY}", f"glpat-{KEY}", f"xoxb-{KEY}", f"sk_test_{KEY}", f"rk_live_{KEY}"),
        *(f"hf_{KEY}", f"dop_v1_{KEY}", f"shpat_{KEY}", f"GOCSPX-{KEY}"),
        *(f"SG.{KEY[:22]}.{KEY}", f"npm_{KEY}", f"gsk_{KEY}", f"xai-{KEY}"),
    ],
)
def test_key_of_a_service(key: str) -> None:
    assert found(f"the key `{key}`, it is") == [("api_key", key)]
    assert found(f"key\\n{key}\\n") == [("api_key", key)]


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        (f'api_key = "{KEY}"', KEY),
        (f"export MY_API_KEY={KEY}", KEY),
        (f"clientSecret: '{KEY}',", KEY),
        (f"access_token={KEY}&expires=3600", KEY),
        (f"AccountKey={KEY}{KEY}==;EndpointSuffix=x", f"{KEY}{KEY}=="),
        (f"Authorization: Bearer {KEY}", KEY),
        (f"private_token: {KEY}.", KEY),
        ('password = "Tr0ub4dor&3x"', "Tr0ub4dor&3x"),
        ("postgres://app:s3cr3tPw9@db.example.org/shop", "app:s3cr3tPw9"),
        ("redis://:Zx81kLq0pT@cache:6379", ":Zx81kLq0pT"),
        (f"https://u:{KEY}{KEY}@example.org/", f"u:{KEY}{KEY}"),
    ],
)
def test_secret_by_where_it_stands(text: str, secret: str) -> None:
    assert found(text) == [("api_key", secret)]


@pytest.mark.parametrize(
    "text",
    [
        *(
            "sk-learn-style-estimators-and-pipelines",
            "task-force-of-the-council-2024",
            "sk-short1",
            "api_key = your_api_key_12345",
        ),
        *(
            'api_key = os.environ["API_KEY_FOR_2024"]',
            "token: xxxxxxxxxxxxxxxx1",
            f"checksum: {KEY}",
            "max_tokens=4096",
        ),
        *(
            "password: must have 8 characters",
            "password=changeme12",
            "Bearer tokens are used",
            "token=aaaaaaaaaaaaaaaaaaaaaa1",
        ),
        *("https://example.org:8443/path", "postgres://user:password@localhost/db", "https://example.org/a:b@c"),
    ],
)
def test_no_secret(text: str) -> None:
    assert found(text) == []


JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.dBjftJeZ4CVPmB92K27uhbUJU1p1r"


@pytest.mark.parametrize("text", [f"({JWT})", f"Bearer {JWT}", f"access_token={JWT}", f"{JWT}.", f'"{JWT}"'])
def test_jwt(text: str) -> None:
    assert found(text) == [("jwt", JWT)]


@pytest.mark.parametrize("chars", range(1, 30))
def test_jwt_wherever_its_header_ends(chars: int) -> None:
    token = f"eyJhbGciOiJI{'x' * chars}.eyJzdWIiOiIxIn0.dBjftJeZ4CVPmB92K27uhbUJU1p1r"

    assert found(f"{token}.") == [("jwt", token)]


@pytest.mark.parametrize("text", ["eyJub3QiOiJhIGp3dCJ9", "eyJhbGciOiJIUzI1NiJ9", "keyJhbGciOiJIUzI1NiJ9.a.b"])
def test_no_jwt(text: str) -> None:
    assert found(text) == []


BODY = "MIIEpAIBAAKCAQEA1c7+9z5Pad7OejecsQ0buHKGNE6cZZ5zJt1fZ3V1mPlH\nabc="


@pytest.mark.parametrize(
    "block",
    [
        f"-----BEGIN RSA PRIVATE KEY-----\n{BODY}\n-----END RSA PRIVATE KEY-----",
        f"-----BEGIN PRIVATE KEY-----\r\n{BODY}\r\n-----END PRIVATE KEY-----",
        f"-----BEGIN PRIVATE KEY-----\\n{BODY}\\n-----END PRIVATE KEY-----".replace("\n", "\\n"),
        f"-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\n{BODY}\n-----END RSA PRIVATE KEY-----",
        f"-----BEGIN PGP PRIVATE KEY BLOCK-----\n\n{BODY}\n=a1b2\n-----END PGP PRIVATE KEY BLOCK-----",
    ],
)
def test_private_key(block: str) -> None:
    assert found(f"Here:\n```\n{block}\n```\nThat was it.") == [("private_key", block)]


def test_a_private_key_without_an_end_is_over_where_something_else_is_written() -> None:
    assert found(f"-----BEGIN PRIVATE KEY-----\n{BODY}\n\nThat, then, was it.")[0][1].rstrip().endswith("abc=")


@pytest.mark.parametrize(
    "text", ["-----BEGIN CERTIFICATE-----\nMIIB\n", "`-----BEGIN PRIVATE KEY-----` is its first line"]
)
def test_no_private_key(text: str) -> None:
    assert found(text) == []
