"""The whole configuration as the daemon takes it: files read, merged, and read as settings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from registry_backend.domain.principals import FilePrincipal, IdType, PrincipalConfig
from registry_backend.identityd.authorization import principal_map
from registry_backend.identityd.configuration import Snapshot, Source, read_configuration
from registry_backend.identityd.merge import Merged, merge
from registry_backend.identityd.places import KeyPath
from registry_backend.identityd.settings import Settings
from registry_backend.identityd.settings_reading import Read, read_settings


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands: a file, and line and column from 1, or 0 for the file as a whole."""

    file: Path
    line: int = 0
    column: int = 0


@dataclass(frozen=True)
class Whole:
    """Files, what they merge to, and what the daemon reads in that.

    It is made even of files that the daemon would refuse: then of those that can be read.
    """

    config: PrincipalConfig
    sources: tuple[Source, ...]
    """The readable files, in the daemon's order."""

    @cached_property
    def merged(self) -> Merged:
        """The readable files laid over each other."""
        return merge(source.document for source in self.sources)

    @cached_property
    def read(self) -> Read:
        """The settings of the readable files, or why there are none."""
        return read_settings(self.merged.table, [at.principal for at in self.ordered])

    @property
    def settings(self) -> Settings | None:
        """What the daemon goes by; None when it cannot read its files, and refuses to start."""
        return None if self.lacks_files else self.read.settings

    def is_fatal(self, path: Path) -> bool:
        """Whether a file with a problem keeps the daemon from reading its configuration at all."""
        # A plain file in the folder's place stops it, even one that is the main file, too.
        return path == self.config.config_dir or all(at.path != path for at in self.sources)

    @cached_property
    def lacks_files(self) -> bool:
        """Whether something may be missing only since a file could not be read."""
        return any(self.is_fatal(file.path) for file in self.config.files if file.problem)

    @cached_property
    def ordered(self) -> tuple[FilePrincipal, ...]:
        """The tables of the merged `principal`, in its order."""
        found = self.merged.table.get("principal")
        tables = []
        for index in range(len(found) if isinstance(found, list) else 0):
            origin = self.merged.origin(("principal", index))
            if origin is not None and isinstance(origin.path[1], int):
                tables.append(self.sources[origin.document].principals[origin.path[1]])
        return tuple(tables)

    @cached_property
    def callers(self) -> dict[int, FilePrincipal]:
        """The tables that uids are looked up in, as `principal_map` says."""
        understood = [at for at in self.ordered if at.principal is not None]
        by_identity = {id(at.principal): at for at in understood}
        chosen = principal_map(at.principal for at in understood if at.principal is not None)
        return {uid: by_identity[id(principal)] for uid, principal in chosen.items()}

    @cached_property
    def module_names(self) -> tuple[str, ...]:
        """Modules that are kept in the hub, those of shadowed principals too; each once."""
        return tuple(
            dict.fromkeys(
                at.principal.name
                for at in self.ordered
                if at.principal and IdType.MODULE in (at.principal.idtype or ())
            )
        )

    @cached_property
    def first_untyped(self) -> FilePrincipal | None:
        """The table of the one principal without types that counts, unless its uid is shadowed."""
        return next(
            (at for at in self.ordered if at.principal and at.principal.idtype is None), None
        )

    def place(self, path: KeyPath) -> Place:
        """Where a key of the merged configuration stands; where it belongs when it is missing."""
        origin = self.merged.origin(path)
        if origin is None:
            return Place(self.config.main_file)
        source = self.sources[origin.document]
        return Place(source.path, *source.places.of(origin.path))


def read_whole(
    main_file: Path, config_dir: Path, why_not: Callable[[Path], str] = lambda _path: ""
) -> Whole:
    """Read everything; nothing raises, for what cannot be read is told of in its place.

    Args:
        main_file: Usually `/etc/aziot/identityd/config.toml`; need not exist.
        config_dir: Usually `/etc/aziot/identityd/config.d`; need not exist.
        why_not: Says why a file may not be edited.
    """
    return of_snapshot(read_configuration(main_file, config_dir, why_not))


def of_snapshot(snapshot: Snapshot) -> Whole:
    """The whole of files that were read already."""
    return Whole(snapshot.config, snapshot.sources)
