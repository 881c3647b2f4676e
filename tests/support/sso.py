"""An issuer of our own on loopback that answers as a test tells it, also wrongly; and a browser's way through it."""

from __future__ import annotations

import re
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from html import unescape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import orjson
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from django.test import Client

CLIENT_ID = "convoscope"
LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"
Edit = Callable[[dict[str, Any]], object]


def new_key() -> RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


# Making one takes a while.
KEYS = [new_key(), new_key(), new_key()]


class Issuer:
    """What it says can be changed by a test: `claims` of whoever signs in, documents through `edits`, whole answers
    through `answers` by path, and the token by `token`."""

    def __init__(self) -> None:
        self.keys = {"one": KEYS[0]}
        self.signs_with = "one"
        self.claims: dict[str, Any] = {"sub": "sub-1", "email": "alice@example.org", "email_verified": True}
        self.userinfo: dict[str, Any] = {}
        self.edits: dict[str, Edit] = {}
        self.answers: dict[str, tuple[int, bytes] | Callable[[Any], None]] = {}
        self.token: Callable[[dict[str, Any]], str] = self.sign
        self.asked: list[str] = []
        self.forms: list[dict[str, str]] = []
        self.nonces: dict[str, str] = {}
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"

    def sign(self, claims: dict[str, Any], *, algorithm: str = "RS256", key: Any = None, kid: str | None = "") -> str:
        headers = {"kid": self.signs_with if kid == "" else kid} if kid is not None else {}
        return jwt.encode(claims, key or self.keys[self.signs_with], algorithm=algorithm, headers=headers)

    def id_token(self, nonce: str) -> str:
        now = int(time.time())
        claims = {"iss": self.url, "aud": CLIENT_ID, "iat": now, "exp": now + 300, "nonce": nonce, **self.claims}
        return self.token(claims)

    def logout_token(self, **changes: Any) -> str:
        now = int(time.time())
        claims = {
            "iss": self.url,
            "aud": CLIENT_ID,
            "iat": now,
            "exp": now + 120,
            "jti": secrets.token_hex(8),
            "events": {LOGOUT_EVENT: {}},
            "sub": self.claims["sub"],
        } | changes
        return self.token({name: value for name, value in claims.items() if value is not None})

    def document(self, path: str) -> dict[str, Any] | None:
        if path == "/.well-known/openid-configuration":
            return {
                "issuer": self.url,
                "authorization_endpoint": f"{self.url}/authorize",
                "token_endpoint": f"{self.url}/token",
                "userinfo_endpoint": f"{self.url}/me",
                "jwks_uri": f"{self.url}/jwks",
                "token_endpoint_auth_methods_supported": ["client_secret_post"],
            }
        if path == "/jwks":
            return {"keys": [_jwk(name, key) for name, key in self.keys.items()]}
        if path == "/me":
            return {"sub": self.claims["sub"], **self.userinfo}
        return None


def _jwk(name: str, key: RSAPrivateKey) -> dict[str, Any]:
    found: dict[str, Any] = jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)
    return found | {"kid": name, "use": "sig", "alg": "RS256"}


def _handler(issuer: Issuer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(issuer.document(urlsplit(self.path).path))

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            form = {name: values[0] for name, values in parse_qs(body).items()}
            issuer.forms.append(form | {"authorization": self.headers.get("Authorization", "")})
            token = issuer.id_token(issuer.nonces.get(form.get("code", ""), ""))
            self._answer({"access_token": "access", "token_type": "Bearer", "id_token": token})

        def _answer(self, document: dict[str, Any] | None) -> None:
            path = urlsplit(self.path).path
            issuer.asked.append(path)
            given = issuer.answers.get(path)
            if callable(given):
                given(self)
                return
            if document is not None and path in issuer.edits:
                issuer.edits[path](document)
            status, body = given or (200 if document is not None else 404, orjson.dumps(document))
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            pass

    return Handler


@contextmanager
def running_issuer() -> Iterator[Issuer]:
    issuer = Issuer()
    thread = threading.Thread(target=issuer.server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield issuer
    finally:
        issuer.server.shutdown()
        thread.join()
        issuer.server.server_close()


def leave(client: Client, slug: str = "oidc", **fields: str) -> str:
    """Where the button leads; what is said instead where it leads nowhere is an AssertionError."""
    page = client.post(f"/accounts/sso/{slug}/start/", fields).content.decode()
    found = re.search(r'<meta http-equiv="refresh" content="0;url=([^"]*)">', page)
    assert found, " ".join(re.sub(r"<[^>]*>", " ", page).split())
    return unescape(found[1])


def query_of(url: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


def come_back(client: Client, issuer: Issuer, url: str, slug: str = "oidc", **instead: str) -> Any:
    """The issuer lets the person in at `url` and sends them back."""
    asked, code = query_of(url), secrets.token_hex(8)
    issuer.nonces[code] = asked["nonce"]
    return client.get(f"/accounts/oidc/{slug}/login/callback/", {"code": code, "state": asked["state"], **instead})


def sign_in_at(issuer: Issuer, client: Client | None = None, slug: str = "oidc", **fields: str) -> Any:
    client = client or Client()
    return come_back(client, issuer, leave(client, slug, **fields), slug)
