"""Which theme the console wears: one of those that come with it, or the user's own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from textual.app import App

from themes import DEFAULT_DARK, builtin_palettes, to_theme, user_palettes


def dress(app: App[Any], wanted: str | None, folder: Path | None) -> tuple[str, ...]:
    """Register every theme and choose one, before the app runs.

    A theme chosen later would have every widget styled twice before the first paint.

    Args:
        app: It does not run yet.
        wanted: A theme's name; None: the default.
        folder: The user's own theme files; None: none.

    Returns:
        What to tell the person: broken theme files, a theme that there is not.
    """
    palettes, problems = builtin_palettes(), []
    if folder is not None:
        own = user_palettes(folder)
        palettes += own.palettes
        problems += [str(problem) for problem in own.problems]
    for palette in palettes:
        app.register_theme(to_theme(palette))
    if wanted is not None and wanted not in app.available_themes:
        problems.append(
            f"There is no theme named {wanted}. Press t to choose one of those there are."
        )
        wanted = None
    app.set_reactive(App.theme, wanted or DEFAULT_DARK)
    app.stylesheet.set_variables(app.get_css_variables())
    return tuple(problems)
