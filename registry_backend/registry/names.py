"""Distinguished names as text, so that equal names compare equal (hono 2.1, 2.3: RFC 2253).

Keywords are written in capitals, attributes without a keyword in RFC 2253 by their OID, values
with the fewest escapes, nothing around the separators. Attribute order is kept: it is meaning.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_KEYWORDS = {
    "2.5.4.3": "CN",
    "2.5.4.6": "C",
    "2.5.4.7": "L",
    "2.5.4.8": "ST",
    "2.5.4.9": "STREET",
    "2.5.4.10": "O",
    "2.5.4.11": "OU",
    "0.9.2342.19200300.100.1.1": "UID",
    "0.9.2342.19200300.100.1.25": "DC",
}
"""What RFC 2253 has words for."""
_OIDS = {keyword: oid for oid, keyword in _KEYWORDS.items()} | {
    "S": "2.5.4.8",
    "SN": "2.5.4.4",
    "SURNAME": "2.5.4.4",
    "SERIALNUMBER": "2.5.4.5",
    "T": "2.5.4.12",
    "TITLE": "2.5.4.12",
    "GIVENNAME": "2.5.4.42",
    "INITIALS": "2.5.4.43",
    "GENERATION": "2.5.4.44",
    "DNQ": "2.5.4.46",
    "DNQUALIFIER": "2.5.4.46",
    "E": "1.2.840.113549.1.9.1",
    "EMAIL": "1.2.840.113549.1.9.1",
    "EMAILADDRESS": "1.2.840.113549.1.9.1",
}
"""Keywords that are read."""
_BLANKS = " \t\r\n"
_OID = re.compile(r"(?i:oid\.)?(\d+(?:\.\d+)+)")
_ESCAPED = re.compile(r"((?:\\[0-9A-Fa-f]{2})+)|\\(.)", re.DOTALL)
_DER_STRINGS = {0x0C: "utf-8", 0x13: "ascii", 0x14: "latin-1", 0x16: "ascii", 0x1E: "utf-16-be"}

NameValue = str | bytes
"""Text, or the DER of a value that is no text."""
RelativeName = Sequence[tuple[str, NameValue]]
"""The (OID, value) pairs of one step of a name; nearly always one pair."""


def format_dn(steps: Sequence[RelativeName]) -> str:
    """A name as text; steps most specific first, as RFC 2253 writes them."""
    return ",".join(
        "+".join(f"{_KEYWORDS.get(oid, oid)}={_escape(value)}" for oid, value in step)
        for step in steps
    )


def normalise_dn(text: str) -> str:
    """The one spelling of a name that was written in any of the common ways.

    Raises:
        ValueError: saying why the text is no distinguished name.
    """
    steps = [
        [_attribute(pair) for pair in _split(step, "+")]
        for step in _split(text, ",;")  # RFC 2253 asks readers to take semicolons too
    ]
    return format_dn(steps)


def _split(text: str, separators: str) -> list[str]:
    parts, start, position, quoted = [], 0, 0, False
    while position < len(text):
        char = text[position]
        if char == "\\":
            position += 1
        elif char == '"':
            quoted = not quoted
        elif char in separators and not quoted:
            parts.append(text[start:position])
            start = position + 1
        position += 1
    if quoted:
        raise ValueError("is no distinguished name: a quote is not closed")
    return [*parts, text[start:]]


def _attribute(pair: str) -> tuple[str, NameValue]:
    keyword, equals, raw = pair.partition("=")
    if not equals:
        raise ValueError("is no distinguished name such as CN=device-1,O=Example")
    name = keyword.strip()
    numbers = _OID.fullmatch(name)
    oid = numbers[1] if numbers else _OIDS.get(name.upper())
    if oid is None:
        raise ValueError(f"is no distinguished name: {name!r} is no attribute such as CN or O")
    return oid, _value(raw)


def _value(raw: str) -> NameValue:
    text = raw.lstrip(_BLANKS)
    if text.startswith("#"):
        return _from_der(text[1:].strip())
    if text.startswith('"'):
        text = text.rstrip(_BLANKS)
        if len(text) < 2 or not text.endswith('"'):
            raise ValueError("is no distinguished name: text stands beside a quoted value")
        return _unescape(text[1:-1])
    stripped = text.rstrip(_BLANKS)
    ends_escaped = (len(stripped) - len(stripped.rstrip("\\"))) % 2 == 1
    return _unescape(stripped + " " if ends_escaped else stripped)


def _from_der(digits: str) -> NameValue:
    try:
        encoded = bytes.fromhex(digits)
    except ValueError:
        raise ValueError("is no distinguished name: # is not followed by hex digits") from None
    codec = _DER_STRINGS.get(encoded[0]) if len(encoded) >= 2 else None
    if codec is None or encoded[1] != len(encoded) - 2:  # other types and long forms stay as hex
        return encoded
    try:
        return encoded[2:].decode(codec)
    except UnicodeDecodeError:
        return encoded


def _unescape(text: str) -> str:
    def plain(match: re.Match[str]) -> str:
        if match[1]:
            return bytes.fromhex(match[1].replace("\\", "")).decode("utf-8")
        return match[2]

    try:
        return _ESCAPED.sub(plain, text)
    except UnicodeDecodeError:
        raise ValueError("is no distinguished name: its escapes are not UTF-8") from None


def _escape(value: NameValue) -> str:
    if isinstance(value, bytes):
        return f"#{value.hex()}"
    text = re.sub(r'([,+"\\<>;])', r"\\\1", value)
    text = re.sub(r"[\0-\x1f]", lambda match: f"\\{ord(match[0]):02X}", text)
    if text.startswith(("#", " ")):
        text = "\\" + text
    if len(text) > 1 and text.endswith(" ") and not text.endswith("\\ "):
        text = text[:-1] + "\\ "
    return text
