"""OpenAI's moderations, and every endpoint that speaks them."""

from __future__ import annotations

import httpx2
import orjson

from providers.adapters.failures import failure
from providers.adapters.openai.adapter import FAULTS
from providers.adapters.openai.client import certificates, make_client
from providers.adapters.openai.errors import translate
from providers.contract import EndpointConfig
from providers.errors import ProviderUnavailable


class ModerationWire:
    """Belongs to the event loop that uses it."""

    def __init__(self, endpoint: EndpointConfig) -> None:
        self._endpoint = endpoint
        self._client = make_client(endpoint, certificates(), read_timeout_s=endpoint.first_token_timeout_s)

    async def judge(self, texts: list[str], model: str) -> list[str]:
        """The names of the categories that it says some of them are of.

        Raises: ProviderError.
        """
        asked = {"input": texts} | ({"model": model} if model else {})
        try:
            # The SDK's objects know OpenAI's categories only.
            response = await self._client.post(
                "/moderations",
                cast_to=httpx2.Response,
                content=orjson.dumps(asked),
                options={"headers": {"Content-Type": "application/json"}},
            )
        except FAULTS as exc:
            raise translate(exc, self._endpoint) from exc
        try:
            results = orjson.loads(response.content)["results"]
            return [name for result in results for name, is_so in result["categories"].items() if is_so is True]
        except (ValueError, LookupError, TypeError, AttributeError) as exc:
            detail = f"an answer that can't be read: {type(exc).__name__}"
            raise failure(ProviderUnavailable, self._endpoint, detail=detail) from exc

    async def aclose(self) -> None:
        await self._client.close()
