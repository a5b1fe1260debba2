"""Palettes as data, one TOML file each, and the few lines that read them.

A theme file has eleven keys, `dark` and ten colours as `#rrggbb`, and a table `[variables]` of
finer ones (see `themes.variables`). Its name is the file's name: `harbour.toml` is `harbour`.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Final

from registry_backend.domain.errors import FieldProblem, Invalid, RegistryError
from themes.variables import COLORS, STYLES

if TYPE_CHECKING:
    from textual.theme import Theme

DEFAULT_DARK: Final = "harbour"
DEFAULT_LIGHT: Final = "paper"

_NAME = re.compile(r"[a-z][a-z0-9-]*")
_BASE_COLOR = re.compile(r"#[0-9a-fA-F]{6}")
_PERCENT = r"(?:100|[1-9]?[0-9])%"
_COLOR = re.compile(rf"#[0-9a-fA-F]{{6}}(?: {_PERCENT})?|auto(?: {_PERCENT})?|transparent")
_STYLE = re.compile(r"(?:(?:not )?(?:bold|dim|italic|reverse|strike|underline)(?: |$))+|none")


@dataclass(frozen=True, slots=True, kw_only=True)
class Palette:
    """One theme: a name, ten colours as `#rrggbb`, and Textual's theme variables by name."""

    name: str
    dark: bool
    primary: str
    secondary: str
    accent: str
    warning: str
    error: str
    success: str
    foreground: str
    background: str
    surface: str
    panel: str
    variables: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class UserPalettes:
    """What a folder of theme files held: the palettes, and one problem for each broken file."""

    palettes: tuple[Palette, ...] = ()
    problems: tuple[RegistryError, ...] = ()


_BASE_COLORS = tuple(
    field.name for field in fields(Palette) if field.name not in {"name", "dark", "variables"}
)


def builtin_palettes() -> tuple[Palette, ...]:
    """The themes that come with the program, by name."""
    files = sorted(resources.files(__name__).iterdir(), key=lambda file: file.name)
    return tuple(
        parse_palette(file.name, file.read_bytes()) for file in files if file.name.endswith(".toml")
    )


def user_palettes(folder: Path) -> UserPalettes:
    """The theme files of a folder, which need not exist. A broken file never hides a good one."""
    palettes: list[Palette] = []
    problems: list[RegistryError] = []
    for path in sorted(folder.glob("*.toml")):
        try:
            palettes.append(parse_palette(str(path), path.read_bytes()))
        except Invalid as broken:
            problems.append(broken)
        except OSError as unreadable:
            problems.append(
                Invalid(f"The theme file {path} cannot be read: {unreadable.strerror}.")
            )
    return UserPalettes(tuple(palettes), tuple(problems))


def parse_palette(path: str, content: bytes) -> Palette:
    """One theme file's content as a palette, named after the file.

    Raises:
        Invalid: It is not TOML, or a key is missing, unknown or no colour; names file and keys.
    """
    try:
        document = tomllib.loads(content.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as broken:
        raise Invalid(f"The theme file {path} is not TOML: {broken}.") from broken
    name = Path(path).stem
    variables = document.pop("variables", {})
    problems = [*_name_problems(name), *_base_problems(document), *_variable_problems(variables)]
    if problems:
        raise Invalid(f"The theme file {path} cannot be used", problems=problems)
    return Palette(name=name, variables=variables, **document)


def to_theme(palette: Palette) -> Theme:
    """The palette as a Textual theme, ready for `App.register_theme`."""
    from textual.theme import Theme  # noqa: PLC0415 - reading palettes must not load the toolkit

    colors = {name: getattr(palette, name) for name in _BASE_COLORS}
    return Theme(name=palette.name, dark=palette.dark, variables=dict(palette.variables), **colors)


def _name_problems(name: str) -> list[FieldProblem]:
    if _NAME.fullmatch(name):
        return []
    return [FieldProblem("", "the file's name must be small letters, digits and dashes")]


def _base_problems(document: Mapping[str, object]) -> list[FieldProblem]:
    known = ("dark", *_BASE_COLORS)
    problems = [FieldProblem(key, "is missing") for key in known if key not in document]
    for key, value in document.items():
        if key == "dark":
            if not isinstance(value, bool):
                problems.append(FieldProblem(key, "must be true or false"))
        elif key not in _BASE_COLORS:
            problems.append(FieldProblem(key, "is not a key of a theme file"))
        elif not (isinstance(value, str) and _BASE_COLOR.fullmatch(value)):
            problems.append(FieldProblem(key, "must be a colour as #rrggbb"))
    return problems


def _variable_problems(variables: object) -> list[FieldProblem]:
    if not isinstance(variables, dict):
        return [FieldProblem("variables", "must be a table")]
    problems = []
    for key, value in variables.items():
        field = f"variables.{key}"
        if key in STYLES:
            if not (isinstance(value, str) and _STYLE.fullmatch(value)):
                problems.append(FieldProblem(field, "must be a text style such as 'bold'"))
        elif key not in COLORS:
            problems.append(FieldProblem(field, "is not a theme variable"))
        elif not (isinstance(value, str) and _COLOR.fullmatch(value)):
            expected = "must be '#rrggbb', '#rrggbb 40%', 'auto 80%' or 'transparent'"
            problems.append(FieldProblem(field, expected))
    return problems
