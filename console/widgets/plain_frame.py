"""Frames whose titles are data: shown as they are, never read as markup."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content

from console.render.text import sanitise


class PlainFrame:
    """Mixed into a widget whose `border_title` and `border_subtitle` may hold any id.

    Textual reads both as markup, so that `pump[/x]` would crash and `[@click=...]` would act. This
    is no widget itself: a widget's style follows its first base that is one.
    """

    if not TYPE_CHECKING:  # a widget's own overloads say no more than this

        def render_str(self, text_content: str | Content) -> Content:
            """The text as it is, without characters that act on the terminal."""
            if isinstance(text_content, Content):
                return text_content
            return Content(sanitise(text_content))
