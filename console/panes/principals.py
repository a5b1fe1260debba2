"""Principals of an Identity Service configuration: shown with their files, edited in place."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from textual import on

from console.dialogs.choose import Choice, ChooseScreen
from console.forms.fields import Field, Values, text_of
from console.forms.principals import OWN_FILE, principal_fields, read_principal
from console.keys import bindings_of
from console.panes.asking import one_at_a_time
from console.panes.principals_review import ReviewingPane
from console.panes.scope import RememberAsked, Scope
from console.render import principal_detail
from console.render import principals as render
from console.render.detail import Section
from console.render.findings import tally
from console.render.principals import PrincipalRow
from console.widgets.columns import Column
from console.widgets.short_list import ShortList
from console.widgets.table_messages import Opened
from registry_backend.domain.document import JsonObject
from registry_backend.domain.effective import EffectiveView
from registry_backend.domain.errors import FieldProblem, Invalid, NotFound
from registry_backend.domain.principals import (
    ConfigFile,
    FileChange,
    PrincipalConfig,
)


class PrincipalsPane(ReviewingPane):
    """Lists principals in the daemon's order; every write is shown before it happens."""

    BINDINGS = bindings_of("Principals")
    group: ClassVar[str] = "Principals"
    filter_help: ClassVar[str] = "part of the name, the uid or the file"

    def action_reload(self) -> None:
        """Read the files again, keeping the place."""
        self.read_again()

    def columns(self) -> Sequence[Column[PrincipalRow]]:
        """What is amiss, name, uid and its user, identities, what comes of it, file."""
        return (
            Column("state", "", render.glyph_cell, width=1, priority=8),
            Column(
                "name",
                "Principal",
                render.name_cell,
                width=12,
                flexible=True,
                priority=9,
                cut="middle",
            ),
            Column("uid", "Uid", render.uid_cell, width=10, priority=8, align="right"),
            Column("user", "User", render.user_cell, width=8, flexible=True, priority=3),
            Column("idtype", "Identities", render.idtype_cell, width=8, flexible=True, priority=6),
            Column("role", "Role", render.role_cell, width=16, priority=7),
            Column(
                "file", "File", render.file_cell, width=14, flexible=True, priority=4, cut="middle"
            ),
        )

    def source(self) -> ShortList[PrincipalRow]:
        """The rows that match the filter."""
        wanted = self.filter_text.lower().split()
        latest: tuple[EffectiveView, Sequence[PrincipalRow]] | None = None

        async def read() -> Sequence[PrincipalRow]:
            nonlocal latest
            view = await self.view()
            self._tell_what_is_there()
            if latest is None or latest[0] is not view:  # a table reads page after page of one view
                rows = render.rows_of(view)
                latest = (
                    view,
                    [row for row in rows if all(word in _words(row) for word in wanted)],
                )
            return latest[1]

        return ShortList(read, lambda row: row.key)

    async def fetch(self, key: str) -> PrincipalRow:
        """The row as the files have it now."""
        for row in render.rows_of(await self.port.view()):
            if row.key == key:
                return row
        raise NotFound("The principal is no longer there.", hint="Press r to read the files again.")

    def title(self) -> str:
        """Which configuration this is, and how it fares."""
        if self._view is None:
            return "Principals"
        if render.nothing_there(self._view):
            return "Principals: none configured here"
        # The findings first: a narrow screen cuts off the end, and the place is told elsewhere too.
        return f"Principals: {tally(self._view.findings)} in {self._view.config.main_file}"

    def depends_on(self, scope: Scope) -> object:
        """The files are the same for every tenant."""
        del scope
        return None

    def empty_text(self) -> str:
        """How to begin."""
        if self.filter_text:
            return "No principal matches the filter. Press esc to drop it."
        if self._view is not None and render.nothing_there(self._view):
            config = self._view.config
            return (
                f"No Identity Service is configured here: there is neither {config.main_file} "
                f"nor {config.config_dir}. Press f to open another configuration."
            )
        return "No principals here. Press n to add one, f to open other files."

    def row_id(self, row: PrincipalRow) -> str:
        """The principal's name."""
        return row.name

    def document(self, row: PrincipalRow) -> JsonObject:
        """The principal as JSON."""
        return principal_detail.document(row)

    def detail(self, row: PrincipalRow) -> Sequence[Section]:
        """Role and rights, what is amiss, file, the table as it stands."""
        return principal_detail.detail(row)

    def highlighted(self, row: PrincipalRow | None) -> None:
        """Name the configuration once it has been read."""
        del row
        self._tell_what_is_there()

    def _tell_what_is_there(self) -> None:
        self.table.border_title = self.title()
        self.table.empty_text = self.empty_text()

    # changing

    @one_at_a_time
    async def action_new(self) -> None:
        """Add a principal."""
        files = self._editable_files()

        async def save(values: Values) -> FileChange:
            principal = read_principal(values)
            target = text_of(values, "file")
            file = None if target in ("", OWN_FILE) else target
            return await self.review(lambda: self.port.plan_add(principal, file=file))

        fields = principal_fields(None, files)
        added = await self.fill_form("New principal", fields, save)
        self.written(added, at="" if added is None else render.key_of(added.path, added.index))

    @one_at_a_time
    async def action_edit(self) -> None:
        """Change the principal."""
        row = self._editable_row()
        if row is None or row.entry is None or row.principal is None:
            return
        entry, principal = row.entry, row.principal

        async def save(values: Values) -> FileChange:
            changed = read_principal(values, principal)
            return await self.review(lambda: self.port.plan_update(entry, changed))

        fields = principal_fields(principal)
        self.written(await self.fill_form(f"Edit {principal.name}", fields, save))

    @one_at_a_time
    async def action_delete(self) -> None:
        """Delete the principal."""
        row = self._editable_row()
        if row is None or row.entry is None:
            return
        entry = row.entry
        await self.attempt(
            lambda: self.review(lambda: self.port.plan_delete(entry), write="Delete", destroys=True)
        )

    @one_at_a_time
    async def action_files(self) -> None:
        """Open another configuration."""
        config = self._view.config if self._view else None
        fields = (
            Field(
                "main_file",
                "Main file",
                "Usually /etc/aziot/identityd/config.toml.",
                value=str(config.main_file) if config else "",
            ),
            Field(
                "config_dir",
                "Folder of overrides",
                "Usually config.d beside it.",
                value=str(config.config_dir) if config else "",
            ),
        )

        async def use(values: Values) -> PrincipalConfig:
            paths = {}
            for name in ("main_file", "config_dir"):
                if not text_of(values, name):
                    raise Invalid(problems=[FieldProblem(name, "must not be empty")])
                paths[name] = Path(text_of(values, name)).expanduser()
            return await self.port.use(paths["main_file"], paths["config_dir"])

        opened = await self.fill_form("Open a configuration", fields, use, submit="Open")
        if opened is not None:
            self._done.clear()
            self.post_message(RememberAsked("identityd_config", str(opened.main_file)))
            self.post_message(RememberAsked("identityd_config_dir", str(opened.config_dir)))
            self.read_again()

    @one_at_a_time
    async def action_edit_text(self) -> None:
        """Edit a whole file as text, with the same checks before it is written."""
        file = await self._choose_file()
        if file is None:
            return
        before = await self.port.text(file)
        self.written(await self.edit_text(file, before, self._problem_of(file)))

    @one_at_a_time
    async def action_findings(self) -> None:
        """List all that is amiss; enter goes to the row."""
        from console.dialogs.findings import FindingsScreen  # noqa: PLC0415 - the first rows need none

        view = await self.port.view()
        chosen = await self.ask(FindingsScreen(view.findings, starts=view.starts))
        if chosen is None:
            return
        row = render.row_of_finding(render.rows_of(view), chosen)
        if row is None:
            self.warn(str(chosen.file), title="Not in this list")
        else:
            self.drop_filter()
            self.table.move_to(row.key)

    @one_at_a_time
    async def action_explain(self) -> None:
        """Choose a user and read what the daemon would answer to each call, and why."""
        from console.dialogs.explain import ExplainScreen  # noqa: PLC0415 - the first rows need none

        principal = self.current.principal if self.current else None
        user = str(principal.uid) if principal else "0"
        await self.ask(
            ExplainScreen(
                lambda user, module, kind: self.port.answers(user, module_id=module, kind=kind),
                user,
            )
        )

    @on(Opened)
    def _open(self, event: Opened[PrincipalRow]) -> None:
        event.stop()
        if event.row.settings or (event.row.problem and self._text_editable(event.row.file)):
            self.action_edit_text()
        else:
            self.action_edit()

    def why_not(self, action: str) -> str:
        """Why an action is dimmed."""
        if action == "history":
            return "Files keep no history. u takes back what was changed in this session."
        return super().why_not(action)

    # which file, and which row

    async def _choose_file(self) -> Path | None:
        """The file to edit: the row's, or one of those there are."""
        files = [file.path for file in self._view_files() if file.text_editable]
        main = self._view.config.main_file if self._view else None
        if main is not None and all(file.path != main for file in self._view_files()):
            files = [main, *files]
        if not files:
            self.warn("There is no file that may be edited here.")
            return None
        row = self.current
        choices = [
            Choice(str(path), path.name, "" if path != main else "the main file") for path in files
        ]
        current = str(row.file) if row else ""
        chosen = await self.ask(ChooseScreen("Edit a file as text", choices, current=current))
        return None if chosen is None else Path(chosen)

    def _view_files(self) -> Sequence[ConfigFile]:
        return self._view.config.files if self._view else ()

    def _text_editable(self, path: Path) -> bool:
        return any(file.text_editable for file in self._view_files() if file.path == path)

    def _problem_of(self, path: Path) -> str:
        return next((file.problem for file in self._view_files() if file.path == path), "")

    def _editable_files(self) -> list[Path]:
        return [file.path for file in self._view_files() if file.editable and not file.problem]

    def _editable_row(self) -> PrincipalRow | None:
        row = self.require_row()
        if row is None:
            return None
        if row.settings:
            self.warn("Press E to edit the files that hold the settings.", title="No principal")
            return None
        why = row.why_not or (row.problem if row.entry is None else "")
        if row.problem and self._text_editable(row.file):
            why = f"{row.problem.rstrip('.')}. Press E to mend the file as text."
        if why:
            self.warn(why, title="Not editable here")
            return None
        return row


def _words(row: PrincipalRow) -> str:
    uid = row.principal.uid if row.principal else ""
    return f"{row.name} {uid} {row.file.name}".lower()
