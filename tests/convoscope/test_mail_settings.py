"""The mail server and the administrator's address as an operator names them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from convoscope.settings import env
from tests.convoscope.test_settings import NAME, SAFE, settings_process


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("", env.Mail()),
        ("console", env.Mail()),
        ("console:", env.Mail()),
        ("CONSOLE:", env.Mail()),
        ("smtp://mail", env.Mail(host="mail", port=25)),
        ("smtp://localhost:2525", env.Mail(host="localhost", port=2525)),
        ("smtp://mail:587?tls=true", env.Mail(host="mail", port=587, use_starttls=True)),
        ("smtp://mail/?tls=no", env.Mail(host="mail", port=25)),
        ("smtp://u:p@127.0.0.1", env.Mail(host="127.0.0.1", port=25, user="u", password="p")),
        ("smtps://mail", env.Mail(host="mail", port=465, use_tls=True)),
        (
            "smtps://me%40example.org:p%40ss%2F%3F@mail:4650",
            env.Mail(host="mail", port=4650, user="me@example.org", password="p@ss/?", use_tls=True),
        ),
        (
            "smtp://u:p@mail:587?tls=on",
            env.Mail(host="mail", port=587, user="u", password="p", use_starttls=True),
        ),
        ("smtp://[::1]:25", env.Mail(host="::1", port=25)),
    ],
)
def test_a_mail_server_is_read(monkeypatch: pytest.MonkeyPatch, url: str, expected: env.Mail) -> None:
    monkeypatch.setenv(NAME, url)
    assert env.mail(NAME) == expected


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("mail.example", "must look like"),
        ("https://u:hunter2@mail", "must look like"),
        ("smtp://", "must look like"),
        ("smtp://u:hunter2@", "must look like"),
        ("smtp://u:hunter2@mail:port?tls=true", "can't be read"),
        ("smtp://u:hunter2@mail:99999?tls=true", "can't be read"),
        ("smtp://u:hun?ter2@mail", "can't be read"),
        ("smtp://u:hun#ter2@mail", "can't be read"),
        ("smtp://u:hunter2@mail?tls=maybe", "can't be read"),
        ("smtp://u:hunter2@mail?tls", "can't be read"),
        ("smtp://u:hunter2@mail?ssl=true", "can't be read"),
        ("smtp://u:hunter2@mail/path?tls=true", "can't be read"),
        ("smtps://u:hunter2@mail?tls=true", "can't be read"),
        ("smtps://[u:hunter2@mail", "can't be read"),
        ("smtp://u:hunter2@mail", "would send its password unencrypted"),
    ],
)
def test_a_mail_server_that_cant_be_read_is_refused_without_its_password(
    monkeypatch: pytest.MonkeyPatch, url: str, reason: str
) -> None:
    monkeypatch.setenv(NAME, url)
    with pytest.raises(ImproperlyConfigured, match=f"^{NAME} {reason}") as refused:
        env.mail(NAME)
    assert "hun" not in str(refused.value)
    assert refused.value.__cause__ is None
    assert refused.value.__suppress_context__ or refused.value.__context__ is None


def test_the_mail_servers_password_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(NAME, "smtps://u:hunter2@mail")
    assert "hunter2" not in repr(env.mail(NAME))


@pytest.mark.parametrize("value", ["nobody", "a@b@example.org", "a@example.org, b@example.org", "Me <me@example.org>"])
def test_an_address_is_one_address(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv(NAME, value)
    with pytest.raises(ImproperlyConfigured, match=f"^{NAME} must be an e-mail address"):
        env.address(NAME)


def test_with_a_mail_server_addresses_are_confirmed(tmp_path: Path) -> None:
    names = ("SENDS_MAIL", "EMAIL_HOST", "EMAIL_PORT", "EMAIL_USE_TLS", "ACCOUNT_EMAIL_VERIFICATION", "SIGNUP_POLICY")
    expression = f"json.dumps([getattr(current, name) for name in {names}])"
    (tmp_path / "url").write_text("smtp://u:p@mail:587?tls=true\n", encoding="utf-8")
    found = settings_process(tmp_path, SAFE | {"EMAIL_URL_FILE": str(tmp_path / "url")}, expression)
    assert json.loads(found.stdout) == [True, "mail", 587, True, "mandatory", "invitation"]
    without = settings_process(tmp_path, {"APP_DOTENV": "/dev/null"}, expression)
    assert json.loads(without.stdout) == [False, "", 0, False, "none", "open"]
