"""Claude on Bedrock: the same messages as at Anthropic, at an address of the customer's region, on AWS's account.

The SDK has two clients for it. `AsyncAnthropicBedrock` calls InvokeModel, with the ids and the event stream of models
up to Opus 4.6, which may refuse the API version that this SDK sends. The models of the catalog are at the Messages
endpoint, which `AsyncAnthropicBedrockMantle` speaks, so that is the one taken here.
Source: https://platform.claude.com/docs/en/build-with-claude/claude-in-amazon-bedrock, November 2026.
"""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator
from contextlib import aclosing

import httpx2
from anthropic import AsyncAnthropic, AsyncAnthropicBedrockMantle, DefaultAioHttpClient, Timeout

from providers.adapters.anthropic.adapter import AnthropicAdapter
from providers.adapters.failures import failure
from providers.contract import AdapterEvent, ChatRequest, EndpointConfig, Model
from providers.errors import AuthenticationFailed, ProviderError

# The region is part of the address, and of what is signed.
REGION = re.compile(r"//bedrock-[a-z]+\.([a-z0-9-]+)\.")


class BedrockAdapter(AnthropicAdapter):
    """With a key, which is a bearer token of Bedrock's; without one, with whatever AWS's own chain of credentials
    finds, for which the extra has to be installed."""

    def __init__(self, endpoint: EndpointConfig) -> None:
        super().__init__(endpoint)
        self._missing = "" if endpoint.api_key else _missing_credentials()
        self._signing_faults = () if endpoint.api_key else _signing_faults()

    async def stream(self, request: ChatRequest, model: Model) -> AsyncGenerator[AdapterEvent, None]:
        self._check_credentials()
        try:
            async with aclosing(super().stream(request, model)) as events:
                async for event in events:
                    yield event
        except self._signing_faults as exc:
            raise self._unsigned(exc) from exc

    async def list_models(self) -> list[str]:
        self._check_credentials()
        try:
            return await super().list_models()
        except self._signing_faults as exc:
            raise self._unsigned(exc) from exc

    async def _listing(self) -> tuple[str, bytes]:
        """The SDK has no call for it at Bedrock; the answer has OpenAI's form, like Anthropic's own."""
        response = await self._connected().get("/v1/models", cast_to=httpx2.Response)
        return response.headers.get("content-type", ""), await response.aread()

    def _make_client(
        self, http_client: DefaultAioHttpClient, timeout: Timeout
    ) -> AsyncAnthropic | AsyncAnthropicBedrockMantle:
        region = REGION.search(self._endpoint.base_url)
        return AsyncAnthropicBedrockMantle(
            api_key=self._endpoint.api_key or None,
            aws_region=region[1] if region else None,
            base_url=self._endpoint.base_url or None,
            max_retries=0,
            timeout=timeout,
            http_client=http_client,
        )

    def _check_credentials(self) -> None:
        """Raises: AuthenticationFailed, which says what to install or set."""
        if self._missing:
            raise failure(AuthenticationFailed, self._endpoint, detail=self._missing)

    def _unsigned(self, exc: Exception) -> ProviderError:
        """What was found when the adapter was made may be gone, or has run out."""
        detail = f"the call can't be signed: {type(exc).__name__}: {exc}"
        return failure(AuthenticationFailed, self._endpoint, detail=detail)


def _signing_faults() -> tuple[type[Exception], ...]:
    """What signing raises: boto3 its own errors, the SDK a RuntimeError where boto3 finds no credentials."""
    try:
        from botocore.exceptions import BotoCoreError
    except ImportError:
        return ()
    return (BotoCoreError, RuntimeError)


def _missing_credentials() -> str:
    """What an administrator has to do before a call can be signed. Looking for credentials may take a moment: it is
    done when the adapter is made, off the loop; so is the import."""
    try:
        import boto3
    except ImportError:
        return "without a key, calls are signed by boto3: pip install -r requirements/bedrock.txt"
    if boto3.Session().get_credentials() is None:
        return "no BEDROCK_API_KEY is set, and AWS's own chain of credentials has none"
    return ""
