"""A request in Gemini's form."""

from __future__ import annotations

from base64 import urlsafe_b64decode
from typing import Any, assert_never

import orjson
from google.genai import types

from providers.adapters.arguments import arguments_object
from providers.adapters.naming import legally_named
from providers.contract import (
    ChatRequest,
    ImagePart,
    Model,
    TextPart,
    ToolCallPart,
    ToolDefinition,
    ToolResultPart,
)
from providers.contract import Part as OurPart

# Gemini 3 and later refuse a call in the history without the signature it came with. Our history doesn't hold it, and
# a call of another vendor's model has none; Google's own word for such calls is sent in its place.
# Source: https://ai.google.dev/gemini-api/docs/thought-signatures, November 2026.
UNSIGNED = urlsafe_b64decode("skip_thought_signature_validator")


def contents_of(request: ChatRequest) -> list[types.Content]:
    """User and model in turn: the results of a turn's calls have to come together."""
    request = legally_named(request)
    contents: list[types.Content] = []
    for message in request.messages:
        role = "model" if message.role == "assistant" else "user"
        parts = [part for ours in message.parts if (part := _part(ours)) is not None]
        if message.role == "system" or not parts:
            continue
        last = contents[-1] if contents else None
        if last is not None and last.role == role and last.parts is not None:
            last.parts += parts
        else:
            contents.append(types.Content(role=role, parts=parts))
    return contents


def config_of(request: ChatRequest, model: Model) -> types.GenerateContentConfig:
    """What of the request isn't content. The SDK is told to send one request and do nothing of its own."""
    request = legally_named(request)
    system = "\n\n".join(message.text for message in request.messages if message.role == "system")
    tools: list[Any] = []
    if request.tools and model.has_tools:
        tools.append(types.Tool(function_declarations=[_tool(tool) for tool in request.tools]))
    return types.GenerateContentConfig(
        system_instruction=system or None,
        temperature=request.temperature,
        max_output_tokens=request.max_output_tokens,
        tools=tools or None,
        thinking_config=types.ThinkingConfig(include_thoughts=True) if model.has_reasoning else None,
        automatic_function_calling=types.AutomaticFunctionCallingConfig(disable=True),
        automatic_continuation=False,
    )


def _part(part: OurPart) -> types.Part | None:
    match part:
        case TextPart(text):
            return types.Part(text=text) if text else None
        case ImagePart(media_type, data):
            return types.Part(inline_data=types.Blob(mime_type=media_type, data=data))
        case ToolCallPart(call_id, name, arguments):
            call = types.FunctionCall(id=call_id, name=name, args=arguments_object(arguments))
            return types.Part(function_call=call, thought_signature=UNSIGNED)
        case ToolResultPart(call_id, name, text):
            result = types.FunctionResponse(id=call_id, name=name, response={"output": text})
            return types.Part(function_response=result)
        case _:
            assert_never(part)


def _tool(tool: ToolDefinition) -> types.FunctionDeclaration:
    return types.FunctionDeclaration(
        name=tool.name, description=tool.description, parameters_json_schema=orjson.loads(tool.parameters)
    )
