"""Claude on Bedrock: how calls are paid for and signed. What it shares with every vendor is in the contract suite."""

from __future__ import annotations

import sys

import pytest

from providers.contract import EndpointConfig
from providers.errors import AuthenticationFailed
from providers.registry import make_adapter
from tests.support.vendors import Answer, VendorServer
from tests.support.vendors.calling import KEY, call

CREDENTIALS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "AWS_BEARER_TOKEN_BEDROCK")


@pytest.fixture(autouse=True)
def _nothing_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """No credentials from files, from the environment, or from the machine's own address."""
    for name in CREDENTIALS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere/config")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere/credentials")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_REGION", "eu-west-1")


def endpoint(server: VendorServer, key: str) -> EndpointConfig:
    return EndpointConfig(
        name="bedrock", adapter="bedrock", label="Amazon Bedrock", base_url=f"{server.url}/anthropic", api_key=key
    )


async def test_a_key_is_sent_as_a_bearer_token() -> None:
    async with VendorServer() as server:
        server.will(Answer())
        adapter = make_adapter(endpoint(server, KEY))
        outcome = await call(adapter)
        await adapter.aclose()
    assert outcome.text == "Hello, world."
    [request] = server.requests
    assert request.path == "/anthropic/v1/messages"
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert request.body["model"] == "wire-model"


async def test_without_a_key_calls_are_signed_with_awss_own_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "a secret of the account")
    async with VendorServer() as server:
        server.will(Answer())
        adapter = make_adapter(endpoint(server, ""))
        outcome = await call(adapter)
        await adapter.aclose()
    assert outcome.text == "Hello, world."
    signature = server.requests[0].headers["authorization"]
    assert signature.startswith("AWS4-HMAC-SHA256 Credential=AKIAEXAMPLE/")
    assert "/eu-west-1/bedrock-mantle/aws4_request" in signature
    assert "a secret" not in str(server.requests)


@pytest.mark.parametrize(
    ("gone", "said"), [("AWS_ACCESS_KEY_ID", "RuntimeError"), ("", "ProfileNotFound")], ids=["credentials", "profile"]
)
async def test_credentials_that_are_gone_meanwhile_are_an_error_like_any_other(
    monkeypatch: pytest.MonkeyPatch, gone: str, said: str
) -> None:
    # The SDK keeps what it found, for each region.
    monkeypatch.setenv("AWS_REGION", f"eu-{said.lower()}-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "a secret of the account")
    async with VendorServer() as server:
        adapter = make_adapter(endpoint(server, ""))
        if gone:
            monkeypatch.delenv(gone)
            monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
        else:
            monkeypatch.setenv("AWS_PROFILE", "nobodys")
        outcome = await call(adapter)
        with pytest.raises(AuthenticationFailed):
            await adapter.list_models()
        await adapter.aclose()
    assert isinstance(outcome.error, AuthenticationFailed)
    assert said in outcome.error.detail
    assert server.requests == []


async def test_without_any_credentials_it_says_what_is_missing() -> None:
    async with VendorServer() as server:
        adapter = make_adapter(endpoint(server, ""))
        outcome = await call(adapter)
        with pytest.raises(AuthenticationFailed):
            await adapter.list_models()
        await adapter.aclose()
    assert isinstance(outcome.error, AuthenticationFailed)
    assert outcome.error.detail == "no BEDROCK_API_KEY is set, and AWS's own chain of credentials has none"
    assert server.requests == []


async def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "boto3", None)
    async with VendorServer() as server:
        adapter = make_adapter(endpoint(server, ""))
        outcome = await call(adapter)
        await adapter.aclose()
    assert outcome.error is not None
    assert outcome.error.detail.endswith("pip install -r requirements/bedrock.txt")


async def test_it_lists_its_models() -> None:
    async with VendorServer() as server:
        server.models = ["anthropic.claude-opus-5-5", "anthropic.claude-haiku-5-5"]
        adapter = make_adapter(endpoint(server, KEY))
        assert await adapter.list_models() == server.models
        await adapter.aclose()


async def test_the_region_is_that_of_the_address() -> None:
    config = EndpointConfig(
        name="bedrock",
        adapter="bedrock",
        base_url="https://bedrock-mantle.ap-southeast-2.api.aws/anthropic",
        api_key=KEY,
    )
    adapter = make_adapter(config)
    client = adapter._connected()  # type: ignore[attr-defined]  # the SDK's client
    assert (client.aws_region, str(client.base_url)) == ("ap-southeast-2", f"{config.base_url}/")
    await adapter.aclose()
