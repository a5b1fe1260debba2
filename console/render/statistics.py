"""How many devices a tenant or hub has, and how many may connect (iothub 4.4)."""

from __future__ import annotations

from console.render.detail import Line
from registry_backend.domain.statistics import Statistics

AS_REPORTED = "approximate, as reported"
"""Said of figures that lag behind what they count."""


def figures(statistics: Statistics) -> tuple[Line, ...]:
    """Total, enabled and disabled; whether they can be taken at their word."""
    if not statistics.exact and statistics.enabled == statistics.total:
        lines = [Line("devices", f"~{statistics.total:,}")]  # nobody told how many are enabled
    else:
        lines = [
            Line("devices", f"{statistics.total:,}"),
            Line("enabled", f"{statistics.enabled:,}"),
            Line("disabled", f"{statistics.disabled:,}", "warning" if statistics.disabled else ""),
        ]
    if not statistics.exact:
        lines.append(Line("figures", AS_REPORTED, "muted"))
    return tuple(lines)


def short_figures(statistics: Statistics) -> str:
    """For a title, where `~` says that figures lag.

    >>> short_figures(Statistics(total=2000, enabled=1943))
    '2,000, 57 disabled'
    """
    about = "" if statistics.exact else "~"
    off = f", {about}{statistics.disabled:,} disabled" if statistics.disabled else ""
    return f"{about}{statistics.total:,}{off}"
