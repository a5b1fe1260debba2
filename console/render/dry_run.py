"""What an import would do, as sections: counts by effect and by mode, warnings, refused lines."""

from __future__ import annotations

from console.render.detail import Line, Section, Tone, plural
from console.render.text import sanitise
from registry_backend.domain.dry_run import DryRun, Effect

EFFECTS: tuple[tuple[Effect, str, str, Tone], ...] = (
    ("create", "+", "create", "good"),
    ("update", "~", "update", "accent"),
    ("delete", "−", "delete", "warning"),
    ("refuse", "✗", "refused", "bad"),
    ("skip", "·", "skipped", "muted"),
)
"""Each effect with its glyph, its word and what it means."""


def headline(run: DryRun) -> str:
    """What was read, and that nothing was written."""
    about = "" if run.exact else " Not every device could be asked for, so take it as an estimate."
    return f"{plural(run.lines, 'line')} read, nothing written.{about}"


def effect_runs(run: DryRun) -> tuple[tuple[str, Tone], ...]:
    """One text per effect, such as `+ 4,200 create`; those that no line has are muted."""
    return tuple(
        (f"{glyph} {run.count(effect):,} {word}", tone if run.count(effect) else "muted")
        for effect, glyph, word, tone in EFFECTS
    )


def mode_section(run: DryRun) -> Section | None:
    """The counts of each mode; None where the lines name only one."""
    if len(run.by_mode) < 2:
        return None
    lines = tuple(Line(mode, _counts(counts)) for mode, counts in sorted(run.by_mode.items()))
    return Section("By mode", lines)


def _counts(counts: dict[Effect, int]) -> str:
    return ", ".join(
        f"{counts[effect]:,} {word}" for effect, _, word, _ in EFFECTS if counts.get(effect)
    )


def warning_lines(run: DryRun, most: int) -> tuple[str, ...]:
    """At most so many lines, each a warning; where there are more the last line says how many."""
    lines = [f"! {sanitise(warning)}" for warning in run.warnings]
    if len(lines) <= most:
        return tuple(lines)
    kept = lines[: most - 1]
    return (*kept, f"… and {len(lines) - len(kept)} more reasons, told line by line below")


def verdict(run: DryRun) -> tuple[str, Tone]:
    """Whether the import can be let go, in a sentence."""
    refused = run.count("refuse")
    changes = run.count("create") + run.count("update") + run.count("delete")
    if not changes:
        return ("✗ Nothing would change.", "bad")
    if refused:
        return (f"! {refused:,} of {plural(run.lines, 'line')} would be refused.", "warning")
    return (
        "✓ Every line would be applied."
        if not run.count("skip")
        else "✓ No line would be refused.",
        "good",
    )
