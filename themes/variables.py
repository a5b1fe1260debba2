"""The names a theme file may set under `[variables]`; they are Textual's own theme variables."""

from __future__ import annotations

from typing import Final

BASE: Final = ("accent", "error", "primary", "secondary", "success", "warning")

STYLES: Final = frozenset(
    {
        "block-cursor-text-style",
        "block-cursor-blurred-text-style",
        "button-focus-text-style",
        "input-cursor-text-style",
        "link-style",
        "link-style-hover",
        *(f"markdown-h{level}-text-style" for level in range(1, 7)),
    }
)
"""Variables that hold a text style (`bold`, `not underline`) instead of a colour."""

COLORS: Final = frozenset(
    {
        "block-cursor-background",
        "block-cursor-blurred-background",
        "block-cursor-blurred-foreground",
        "block-cursor-foreground",
        "block-hover-background",
        "border",
        "border-blurred",
        "button-color-foreground",
        "button-foreground",
        "footer-background",
        "footer-description-background",
        "footer-description-foreground",
        "footer-foreground",
        "footer-item-background",
        "footer-key-background",
        "footer-key-foreground",
        "foreground-disabled",
        "foreground-muted",
        "input-cursor-background",
        "input-cursor-foreground",
        "input-selection-background",
        "input-selection-foreground",
        "link-background",
        "link-background-hover",
        "link-color",
        "link-color-hover",
        "screen-selection-background",
        "screen-selection-foreground",
        "scrollbar",
        "scrollbar-active",
        "scrollbar-background",
        "scrollbar-background-active",
        "scrollbar-background-hover",
        "scrollbar-corner-color",
        "scrollbar-hover",
        "surface-active",
        "text",
        "text-disabled",
        "text-muted",
        *(f"text-{name}" for name in BASE),
        *(f"{name}-muted" for name in BASE),
        *(f"markdown-h{level}-color" for level in range(1, 7)),
        *(f"markdown-h{level}-background" for level in range(1, 7)),
    }
)
"""Variables that hold a colour."""
