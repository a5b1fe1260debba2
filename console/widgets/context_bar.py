"""The line that always says where one is: registry, tenant, health, read-only."""

from __future__ import annotations

from collections.abc import Sequence

from textual.color import Color, ColorParseError
from textual.content import Content
from textual.reactive import reactive
from textual.widgets import Static

from console.adapters.base import CONNECTED
from console.render.text import fit, sanitise


def badge_style(color: str | None) -> str:
    """How the registry's name looks on its own colour; empty for no colour, or one unknown."""
    try:
        ground = Color.parse(color or "")
    except ColorParseError:
        return ""
    return f"bold {ground.get_contrast_text(1.0).hex} on {ground.hex}"


class ContextBar(Static):
    """The header of the console."""

    DEFAULT_CSS = """
    ContextBar { dock: top; height: 1; background: $panel; color: $foreground; padding: 0 1; }
    """

    tenant_id: reactive[str | None] = reactive(None)
    device_id: reactive[str | None] = reactive(None)
    health: reactive[str] = reactive("connecting")
    """`connected`, `connecting`, or why not."""
    saving: reactive[int | None] = reactive(None)
    """Seconds that something has been being saved; None: nothing is, or not for long."""

    def __init__(
        self,
        *,
        title: str,
        address: str,
        read_only: bool,
        production: bool = False,
        color: str | None = None,
    ) -> None:
        super().__init__(markup=False)
        self._title, self._address, self._read_only = title, address, read_only
        self._production, self._badge = production, badge_style(color)

    def _saving_told(self) -> Sequence[tuple[str, str]]:
        if self.saving is None:
            return ()
        gap = "" if self.health == CONNECTED else "  "
        return ((f"▶ saving, {self.saving} s{gap}", "$text-accent"),)

    def _health_told(self) -> Sequence[tuple[str, str]]:
        healthy = self.health == CONNECTED
        return (
            ("●" if healthy else "○", "$text-success" if healthy else "$text-warning"),
            (f" {sanitise(self.health)}", "$text-muted"),
        )

    def render(self) -> Content:
        """Name, place, tenant, device; at the right health and read-only."""
        healthy = self.health == CONNECTED
        right = Content.assemble(
            (" PRODUCTION ", "bold $background on $error") if self._production else "",
            (" READ-ONLY ", "bold $background on $warning") if self._read_only else "",
            " ",
            *self._saving_told(),
            *(() if healthy and self.saving is not None else self._health_told()),
        )
        room = max(10, self.content_size.width - right.cell_length - 1)
        parts: list[tuple[str, str]] = [("idconsole", "bold $text-accent"), ("  ", "")]
        name = sanitise(self._title)
        parts.append((f" {name} ", self._badge) if self._badge else (name, "bold $foreground"))
        for value in (self.tenant_id, self.device_id):
            if value:
                parts += [(" › ", "$text-muted"), (sanitise(value), "$foreground")]
        used = sum(len(text) for text, _ in parts)
        if room - used > 12:
            parts.append((f"  {fit(sanitise(self._address), room - used - 2)}", "$text-muted"))
        left = Content.assemble(*parts).truncate(room, ellipsis=True, pad=True)
        return Content.assemble(left, " ", right)
