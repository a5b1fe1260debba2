"""What a list of a registry can do."""

from __future__ import annotations

from dataclasses import dataclass, field

from registry_backend.domain.query import DeviceSort


@dataclass(frozen=True, slots=True)
class ListAbilities:
    """What a list of this registry truly can do; the pane offers nothing else."""

    can_list: bool = True
    """False: open by id only."""
    can_seek: bool = True
    """Whether `skip` and `backward` cost little, so that any row can be jumped to."""
    sorts: tuple[DeviceSort, ...] = (DeviceSort.ID,)
    filters: frozenset[str] = field(default_factory=frozenset)
    """Names of DeviceQuery or TenantQuery conditions the registry honours."""
    can_empty: bool = True
    """Whether all of its rows can be deleted at once."""
    others: str = ""
    """How to reach rows that a list cut short does not show, where the usual ways are closed."""
    whole_rows: bool = True
    """False: some rows of a list lack when they were made, and are whole only when asked for."""
