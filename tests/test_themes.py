"""Every theme is readable by measurement: WCAG contrast from Textual's own colour system."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest
from textual.app import App
from textual.color import Color

import themes
from themes.variables import COLORS, STYLES

PALETTES = {palette.name: palette for palette in themes.builtin_palettes()}
SURFACES = ("background", "surface", "panel")
CURSORS = ("block-cursor-background", "block-cursor-blurred-background")
STATES = ("accent", "primary", "success", "warning", "error")

Pairs = tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]
"""Each of the first colours is written on each of the second."""

READ: Pairs = (
    # what is written                       on what
    (("foreground", "text"),                SURFACES),
    (("foreground", "text"),                ("surface-active", "block-hover-background")),
    (("text-muted", "foreground-muted"),    SURFACES),
    # an Input's placeholder is `$text-disabled`, and is read, not merely seen
    (("text-disabled",),                    ("background", "surface")),
    (("secondary", "link-color", *STATES),  SURFACES),
    *(((f"text-{state}",),                  (*SURFACES, f"{state}-muted")) for state in STATES),
    *((("text",),                           (state,)) for state in STATES),
    *((("button-color-foreground",),        (state, f"{state}-darken-2")) for state in STATES),
    # a row keeps its muted cells and its state's colour while the cursor is on it
    (("text-muted", *STATES),               CURSORS),
    (("block-cursor-foreground",),          ("block-cursor-background",)),
    (("block-cursor-blurred-foreground",),  ("block-cursor-blurred-background",)),
    (("link-color-hover",),                 ("link-background-hover",)),
    (("footer-key-foreground",),            ("footer-background",)),
    (("footer-description-foreground",),    ("footer-background",)),
    (("input-cursor-foreground",),          ("input-cursor-background",)),
    (("input-selection-foreground",),       ("input-selection-background",)),
    (("foreground",),                       ("screen-selection-background",)),
)  # fmt: skip
INACTIVE: Pairs = ((("text-disabled", "foreground-disabled"), SURFACES),)


def theme_variables(palette: themes.Palette) -> dict[str, str]:
    """What an App makes of the palette: the generated colours with the theme's own on top."""
    theme = themes.to_theme(palette)
    return {**theme.to_color_system().generate(), **theme.variables}


def resolved(value: str, behind: Color) -> Color:
    """A variable's colour as painted over another: `#rrggbb 30%`, `auto 80%`, `transparent`."""
    word, _, percent = value.partition(" ")
    share = float(percent.removesuffix("%")) / 100 if percent else 1.0
    color = behind.get_contrast_text(1.0) if word == "auto" else Color.parse(word)
    return behind + color.with_alpha(color.a * share)


def luminance(color: Color) -> float:
    """WCAG 2.2 relative luminance."""
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in color.normalized
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: Color, other: Color) -> float:
    """WCAG 2.2 contrast ratio, 1 to 21."""
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def too_faint(palette: themes.Palette, pairs: Pairs, least: float) -> list[str]:
    """Every pair of the table that is below the ratio, as a line for the failure message."""
    variables = theme_variables(palette)
    surface = Color.parse(palette.surface)
    lines = []
    for names, grounds in pairs:
        for name, ground in product(names, grounds):
            behind = resolved(variables[ground], surface)
            ratio = contrast(resolved(variables[name], behind), behind)
            if ratio < least:
                lines.append(f"{name} on {ground}: {ratio:.2f} < {least}")
    return lines


every_palette = pytest.mark.parametrize("palette", PALETTES.values(), ids=PALETTES.keys())


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [("#000000", "#ffffff", 21.0), ("#777777", "#ffffff", 4.48), ("#0000ff", "#ffffff", 8.59)],
)
def test_contrast_is_the_ratio_of_wcag(one: str, other: str, ratio: float) -> None:
    """The measure itself agrees with published values."""
    assert contrast(Color.parse(one), Color.parse(other)) == pytest.approx(ratio, abs=0.01)


def test_a_faint_colour_is_caught() -> None:
    """The table finds what it is there to find: a state too dark, a muted text too close."""
    palette = PALETTES[themes.DEFAULT_DARK]
    assert too_faint(replace(palette, error="#7a2f2f"), READ, 4.5)
    assert too_faint(replace(palette, variables={"text-muted": "auto 30%"}), READ, 4.5)
    assert too_faint(replace(palette, variables={"text-disabled": "auto 20%"}), INACTIVE, 3.0)


@every_palette
def test_every_text_can_be_read(palette: themes.Palette) -> None:
    """Text reaches 4.5:1 on everything it is written on, inactive text 3:1."""
    assert too_faint(palette, READ, 4.5) == []
    assert too_faint(palette, INACTIVE, 3.0) == []


@pytest.mark.parametrize("name", ["high-contrast-dark", "high-contrast-light"])
def test_high_contrast_themes_reach_seven_to_one(name: str) -> None:
    """Every active text of a high-contrast theme reaches 7:1."""
    assert too_faint(PALETTES[name], READ, 7.0) == []


@every_palette
def test_surfaces_rise_in_steps_the_eye_can_see(palette: themes.Palette) -> None:
    """Background, surface, panel differ by a visible step, always in the same direction."""
    ground, surface, panel = (Color.parse(getattr(palette, name)) for name in SURFACES)
    rising = [luminance(ground), luminance(surface), luminance(panel)]
    assert rising == sorted(rising, reverse=not palette.dark)
    assert contrast(ground, surface) >= 1.05
    assert contrast(surface, panel) >= 1.08


@every_palette
def test_the_cursor_row_stands_out(palette: themes.Palette) -> None:
    """The row under the cursor differs from its neighbours without relying on hue alone."""
    variables = theme_variables(palette)
    cursor = Color.parse(variables["block-cursor-background"])
    for ground in ("background", "surface"):
        assert contrast(cursor, Color.parse(variables[ground])) >= 1.2
    assert variables["block-cursor-text-style"] == "bold"
    assert variables["block-cursor-blurred-text-style"] == "none"


@every_palette
def test_a_theme_has_one_accent(palette: themes.Palette) -> None:
    """The accent is the primary colour too, and the second colour is close to grey."""
    assert palette.primary == palette.accent
    assert Color.parse(palette.secondary).hsl.s <= 0.25


@every_palette
async def test_the_app_takes_the_theme(palette: themes.Palette) -> None:
    """A registered palette becomes the app's theme, its own variables included."""
    app: App[None] = App()
    async with app.run_test(size=(20, 5)) as pilot:
        app.register_theme(themes.to_theme(palette))
        app.theme = palette.name
        await pilot.pause()
        assert app.current_theme.dark is palette.dark
        assert app.theme_variables.items() >= dict(palette.variables).items()
        assert app.screen.styles.background == Color.parse(palette.background)


def test_every_permitted_variable_is_one_textual_knows() -> None:
    """The list of variables holds no name that Textual would ignore."""
    known = themes.to_theme(PALETTES[themes.DEFAULT_DARK]).to_color_system().generate()
    assert (COLORS | STYLES) - known.keys() == set()


def test_there_is_a_dark_and_a_light_theme_to_begin_with() -> None:
    """The defaults exist and are what their names say."""
    assert PALETTES[themes.DEFAULT_DARK].dark
    assert not PALETTES[themes.DEFAULT_LIGHT].dark


def theme_file(folder: Path, name: str, *, old: str = "", new: str = "") -> Path:
    """A copy of the default theme as a user's own file, one passage replaced."""
    text = Path(themes.__file__).with_name(f"{themes.DEFAULT_DARK}.toml").read_text("utf-8")
    assert old in text
    path = folder / f"{name}.toml"
    path.write_text(text.replace(old, new, 1), "utf-8")
    return path


def test_a_users_theme_is_read_like_ours(tmp_path: Path) -> None:
    """A theme file in the user's folder becomes a palette named after the file."""
    theme_file(tmp_path, "mine", old='surface = "', new='surface = "#010203" # "')
    found = themes.user_palettes(tmp_path)
    assert [(palette.name, palette.surface) for palette in found.palettes] == [("mine", "#010203")]
    assert found.problems == ()


def test_no_folder_means_no_themes(tmp_path: Path) -> None:
    """A folder that does not exist is not an error."""
    assert themes.user_palettes(tmp_path / "absent") == themes.UserPalettes()


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("dark = true", 'dark = "yes"', "dark: must be true or false"),
        ("dark = true", "", "dark: is missing"),
        ("dark = true", "dark = true\nlight = false", "light: is not a key of a theme file"),
        ('primary = "#', 'primary = "teal # ', "primary: must be a colour as #rrggbb"),
        ('primary = "#', 'primary = 5 # "#', "primary: must be a colour as #rrggbb"),
        ("[variables]", "[variable]", "variable: is not a key of a theme file"),
        ("[variables]", '[variables]\nbordr = "#000000"', "variables.bordr: is not a theme"),
        ("[variables]", '[variables]\nscreen = "#000000"', "variables.screen: is not a theme"),
        ('\nborder = "', '\nborder = "red # ', "variables.border: must be '#rrggbb'"),
        ('\ntext = "auto 90%"', '\ntext = "auto 900%"', "variables.text: must be '#rrggbb'"),
        ('link-style = "underline"', 'link-style = "loud"', "variables.link-style: must be a text"),
        ("dark = true", "dark = ", "is not TOML"),
    ],
)
def test_a_broken_theme_is_told_by_file_and_key(
    tmp_path: Path, old: str, new: str, told: str
) -> None:
    """A broken file is reported by name and key, and never hides the good one beside it."""
    broken = theme_file(tmp_path, "broken", old=old, new=new)
    theme_file(tmp_path, "good")
    found = themes.user_palettes(tmp_path)
    assert [palette.name for palette in found.palettes] == ["good"]
    assert len(found.problems) == 1
    assert str(broken) in str(found.problems[0])
    assert told in str(found.problems[0])


def test_what_cannot_be_read_is_told_too(tmp_path: Path) -> None:
    """Bytes that are no text, a folder named like a file, and an unfit name are each reported."""
    (tmp_path / "bytes.toml").write_bytes(b"dark = \xff\xfe")
    (tmp_path / "folder.toml").mkdir()
    theme_file(tmp_path, "My Theme")
    found = themes.user_palettes(tmp_path)
    assert found.palettes == ()
    told = sorted(str(problem) for problem in found.problems)
    assert len(told) == 3
    assert "My Theme.toml cannot be used: the file's name must be small letters" in told[0]
    assert "bytes.toml is not TOML" in told[1]
    assert "folder.toml cannot be read" in told[2]


def test_every_problem_of_a_file_is_told_at_once(tmp_path: Path) -> None:
    """Someone who mends a theme sees all that is wrong, not one fault per start."""
    (tmp_path / "empty.toml").write_text("colour = 1\n", "utf-8")
    told = str(themes.user_palettes(tmp_path).problems[0])
    assert told.count("is missing") == 11
    assert "colour: is not a key of a theme file" in told
