"""What is asked of a provider over HTTP: bounded in time and size, without redirects, and every fault in words."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import orjson
import requests
from django.conf import settings

from accounts.sso.faults import Reason, SSOFailed

_BYTES_AT_ONCE = 2**14


def ask_json(method: str, url: str, *, what: str, **given: Any) -> dict[str, Any]:
    """`what` names the thing in faults, such as "the discovery document".

    Raises: SSOFailed.
    """
    body = ask(method, url, what=what, **given)
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError as exc:
        raise SSOFailed(Reason.ANSWER, f"{what} is no JSON: {_beginning(body)}") from exc
    if not isinstance(found, dict):
        raise SSOFailed(Reason.ANSWER, f"{what} is no JSON object: {_beginning(body)}")
    return found


def ask(method: str, url: str, *, what: str, **given: Any) -> bytes:
    """Raises: SSOFailed."""
    with _faults_in_words(what), requests.Session() as session:
        # A provider is where it says, whatever the environment says of proxies and .netrc of passwords.
        response = session.request(
            method, url, stream=True, timeout=settings.SSO_SILENCE_SECONDS, allow_redirects=False, **given
        )
        body = read_bounded(response, what)
    if not 200 <= response.status_code < 300:
        where = f" to {response.headers['Location']}" if "Location" in response.headers else ""
        raise SSOFailed(Reason.ANSWER, f"{what} came with status {response.status_code}{where}: {_beginning(body)}")
    return body


def read_bounded(response: requests.Response, what: str) -> bytes:
    """Raises: SSOFailed, where it is too large or comes too slowly."""
    ends_at, body = time.monotonic() + settings.SSO_ANSWER_SECONDS, bytearray()
    for piece in response.iter_content(_BYTES_AT_ONCE):
        body += piece
        if len(body) > settings.SSO_ANSWER_BYTES:
            raise SSOFailed(Reason.ANSWER, f"{what} is larger than {settings.SSO_ANSWER_BYTES} bytes")
        if time.monotonic() > ends_at:
            raise SSOFailed(Reason.UNREACHABLE, f"{what} took longer than {settings.SSO_ANSWER_SECONDS:g} s")
    return bytes(body)


class BoundedSession(requests.Session):
    """For the requests that allauth makes itself, to GitHub."""

    def request(self, method: Any, url: Any, *args: Any, **given: Any) -> requests.Response:
        given |= {"stream": True, "timeout": settings.SSO_SILENCE_SECONDS}
        with _faults_in_words("the answer"):
            response = super().request(method, url, *args, **given)
            response._content = read_bounded(response, "the answer")
            response._content_consumed = True  # as `Response.content` keeps it
        return response


@contextmanager
def _faults_in_words(what: str) -> Iterator[None]:
    try:
        yield
    except (requests.Timeout, requests.ConnectionError) as exc:
        raise SSOFailed(Reason.UNREACHABLE, f"{what} can't be fetched: {type(exc).__name__}") from exc
    except requests.RequestException as exc:
        raise SSOFailed(Reason.ANSWER, f"{what} can't be read: {type(exc).__name__}") from exc


def _beginning(body: bytes) -> str:
    return repr(body[:120].decode("utf-8", "replace"))
