"""Names as people type them: as they are, or like a JSON text where that could be misread."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

from console.forms.fields import Values, text_of
from registry_backend.domain.document import parse_json
from registry_backend.domain.errors import Invalid

_QUOTED = r'"(?:[^"\\]|\\.)*"'
_IN_LIST = re.compile(rf'[\s,]*(?:({_QUOTED}|[^\s,"][^\s,]*)(?=[\s,]|$))')
_IN_LINE = re.compile(rf'({_QUOTED}|[^\s"]\S*)(?:\s+|$)')


def names_of(values: Values, name: str) -> list[str]:
    """A list typed with commas, blanks or lines between its names; quotes keep those in a name.

    Raises:
        Invalid: naming the field, for a quote that is not closed.
    """
    text, place, names = text_of(values, name).rstrip(", "), 0, []
    while place < len(text):
        found = _IN_LIST.match(text, place)
        if found is None:
            raise Invalid.at(name, _UNCLOSED)
        names.append(_plain(found[1], name))
        place = found.end()
    return names


def name_text(name: str) -> str:
    """A name as `names_of` reads it.

    >>> name_text("gate-1"), name_text("group one")
    ('gate-1', '"group one"')
    """
    return quoted(name) if "," in name else first_name_text(name)


def names_text(names: Iterable[str]) -> str:
    """Names with blanks between them, as `names_of` reads them."""
    return " ".join(map(name_text, names))


def first_name_of(line: str, name: str) -> tuple[str, str]:
    """The name that a line of field `name` begins with, and what follows it.

    Raises:
        Invalid: naming the field, for a quote that is not closed.
    """
    found = _IN_LINE.match(line)
    if found is None:
        raise Invalid.at(name, _UNCLOSED)
    return _plain(found[1], name), line[found.end() :]


def first_name_text(name: str) -> str:
    """A name at the beginning of a line, as `first_name_of` reads it.

    >>> first_name_text("CN=lamp,O=yard"), first_name_text("CN=old lamp")
    ('CN=lamp,O=yard', '"CN=old lamp"')
    """
    plain = _IN_LINE.fullmatch(name) and not name.startswith('"') and not name[-1:].isspace()
    return name if plain and name.isprintable() else quoted(name)


_UNCLOSED = 'quotes stand around a whole name: "group one"'


def quoted(text: str) -> str:
    """A text as JSON, in one line and without what nobody sees."""
    return json.dumps(text, ensure_ascii=not text.isprintable())


def _plain(word: str, name: str) -> str:
    if not word.startswith('"'):
        return word
    try:
        return str(parse_json(word, what=word))
    except Invalid as error:
        raise Invalid.at(name, error.message) from None
