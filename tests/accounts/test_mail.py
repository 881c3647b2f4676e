"""Mails as they leave: through a server, in our words, and what happens when it doesn't take them."""

from __future__ import annotations

import logging
from email.message import EmailMessage

import pytest
from django.core import mail as mails
from django.core.mail import EmailMultiAlternatives
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from tests.support.entrance import link_in_mail, sign_up, text_of
from tests.support.smtp import mail_server

pytestmark = pytest.mark.django_db


def use_server(settings: Settings, port: int) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port


def test_a_mail_reaches_a_real_server(mail: None, settings: Settings) -> None:
    with mail_server() as server:
        use_server(settings, server.port)
        assert sign_up("alice@example.org").headers["Location"] == "/accounts/confirm-email/"
    [message] = server.mails
    assert message["To"] == "alice@example.org"
    assert message["Subject"] == "Confirm your address for Convoscope"
    assert message.get_content_type() == "text/plain"
    assert isinstance(message, EmailMessage)
    assert "http://localhost:8000/accounts/confirm-email/" in message.get_content()


def test_a_server_that_refuses_is_said_and_nothing_is_lost(
    mail: None, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    client = Client()
    with mail_server(refuses=True) as server:
        use_server(settings, server.port)
        response = sign_up("alice@example.org", client=client)
    assert response.status_code == 503
    assert "The mail could not be sent. Nothing is lost" in text_of(response)
    assert User.objects.filter(email="alice@example.org").exists()
    assert "a mail was not sent" in caplog.text
    assert "alice@example.org" not in caplog.text


def test_a_notice_that_cant_be_sent_keeps_nobody_from_anything(
    alice: User, mail: None, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    client = Client()
    client.force_login(alice)
    fields = {"oldpassword": "a long enough password", "password1": "another good one", "password2": "another good one"}
    with mail_server(refuses=True) as server, caplog.at_level(logging.ERROR):
        use_server(settings, server.port)
        assert client.post("/accounts/password/change/", fields).status_code == 302
    alice.refresh_from_db()
    assert alice.check_password("another good one")


def test_every_mail_is_plain_short_and_signed(mail: None) -> None:
    client = Client()
    sign_up("alice@example.org", client=client)
    client.post(link_in_mail())
    Client().post("/accounts/password/reset/", {"email": "alice@example.org"})
    Client().post("/accounts/password/reset/", {"email": "nobody@example.org"})
    assert len(mails.outbox) == 3
    for message in mails.outbox:
        body = str(message.body)
        assert message.from_email == "convoscope@localhost"
        assert isinstance(message, EmailMultiAlternatives)
        assert message.alternatives == []
        assert body.endswith("--\nConvoscope, http://localhost:8000")
        assert body == body.lstrip()
        assert "&#" not in body
        assert len(body.splitlines()) < 15
        assert "Thank you" not in body


def test_no_link_leads_to_the_host_that_a_request_names(mail: None, settings: Settings) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    sign_up("alice@example.org", client=Client(headers={"Host": "evil.example"}))
    assert "evil.example" not in str(mails.outbox[-1].body)
