"""Scrolling without gliding."""

from __future__ import annotations

from textual.scroll_view import ScrollView
from textual.types import AnimationLevel, CallbackType, EasingFunction


class StillScrollView(ScrollView):
    """A ScrollView that is where it should be at once: a page that glides is a page later."""

    def scroll_to(  # type: ignore[override] # as ScrollView narrows it
        self,
        x: float | None = None,
        y: float | None = None,
        *,
        animate: bool = False,  # noqa: ARG002 - never
        speed: float | None = None,
        duration: float | None = None,
        easing: EasingFunction | str | None = None,
        force: bool = False,
        on_complete: CallbackType | None = None,
        level: AnimationLevel = "basic",
        immediate: bool = False,
    ) -> None:
        """Scroll at once; every way of scrolling, the scrollbar's too, comes through here."""
        super().scroll_to(
            x,
            y,
            animate=False,
            speed=speed,
            duration=duration,
            easing=easing,
            force=force,
            on_complete=on_complete,
            level=level,
            immediate=immediate,
        )
