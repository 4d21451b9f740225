"""What can be kept of an answer that is malformed or cut: the fields that came whole."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

_HEADER = re.compile(r"^\[\[ ## (\w+) ## \]\][ \t]*", re.MULTILINE)
_DECODER = json.JSONDecoder(strict=False)  # small models break lines within a string


def whole_fields(answer: str, fields: Mapping[str, Any], *, cut: bool) -> dict[str, Any]:
    """The declared fields of an answer in the chat or JSON form that came whole.

    A text is whole when something follows it; of a list, the elements that came whole are kept.

    Args:
        fields: name → DSPy's field, of which the `annotation` tells texts and lists apart.
        cut: whether the answer ended at a limit of length; then its last field is not whole.
    """
    found: dict[str, Any] = {}
    for name, text, ended in _chat_fields(answer):
        if name in fields and name not in found:
            if fields[name].annotation is not str:
                found |= {name: items} if (items := _items(text)) else {}
            elif ended or not cut:
                found[name] = text.strip()
    for name in fields.keys() - found.keys():
        match = re.search(rf'"{re.escape(name)}"\s*:\s*', answer)
        if match and (value := _json_value(answer[match.end() :], fields[name].annotation)):
            found[name] = value
    return found


def texts_so_far(answer: str) -> dict[str, str]:
    """Field → its text in an answer in the chat form that is still coming, without a header that has only begun."""
    texts: dict[str, str] = {}
    for name, text, ended in _chat_fields(answer):
        texts.setdefault(name, (text if ended else re.sub(r"\n?\[[^\]\n]*\]?$", "", text)).strip())
    return texts


def _chat_fields(answer: str) -> Iterator[tuple[str, str, bool]]:
    """Each header's name, the text below it, and whether another header follows."""
    headers = list(_HEADER.finditer(answer))
    for n, header in enumerate(headers):
        last = n + 1 == len(headers)
        yield header.group(1), answer[header.end() : None if last else headers[n + 1].start()], not last


def _json_value(text: str, annotation: Any) -> Any:
    if annotation is not str:
        return _items(text)
    try:
        value, end = _DECODER.raw_decode(text)
    except (ValueError, RecursionError):
        return None
    return value.strip() if isinstance(value, str) and text[end:].lstrip()[:1] in {",", "}"} else None


def _items(text: str) -> list[dict[str, Any]]:
    """The objects of a JSON list that came whole, from its beginning."""
    items: list[dict[str, Any]] = []
    start = text.find("[") + 1
    while start and (match := re.compile(r"[\s,]*(?=\{)").match(text, start)):
        try:
            item, start = _DECODER.raw_decode(text, match.end())
        except (ValueError, RecursionError):
            break
        items.append(item)
    return items
