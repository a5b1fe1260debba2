"""The one table of actions: it drives key bindings, the footer, help, the palette and the docs.

A key never removes anything by itself: whatever cannot be taken back asks first, and the key that
confirms differs from the key that asked.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from textual.binding import BindingType

EVERYWHERE = "Everywhere"
TABLE = "In a table"
PANES = ("Tenants", "Devices", "Credentials", "Jobs", "Principals", "Identity")
GROUPS = (EVERYWHERE, TABLE, *PANES)


@dataclass(frozen=True, slots=True)
class Action:
    """Something a person can do with a key.

    Args:
        name: The Textual action; with the group it makes the id that a keymap can name.
        key: One key, or several separated by commas.
        label: One or two words for the footer.
        help: One sentence for help, palette and tooltip.
        group: Where it works: everywhere, in a table, or in one pane.
        dangerous: Whether it writes; a read-only session refuses it.
        shown: Whether the footer has room for it.
    """

    name: str
    key: str
    label: str
    help: str
    group: str
    dangerous: bool = False
    shown: bool = True

    @property
    def id(self) -> str:
        """A name for keymaps, such as `devices.new`."""
        return f"{self.group.lower().replace(' ', '-')}.{self.name}"

    @property
    def keys(self) -> str:
        """The keys as people write them: `/`, `page down`, `ctrl+p`."""
        return " ".join(_spelled(key) for key in self.key.split(","))


MOVING: tuple[tuple[str, str], ...] = (
    ("↑ ↓ k j", "Move; page up, page down, g and G go further."),
    ("enter", "Open what is under the cursor."),
    ("space", "Mark a row; many can be marked."),
    ("v", "Mark a range: v at one end, v at the other."),
)
"""Keys of every table that are not actions of a pane: spelling and one sentence."""


_SPELLED = {
    "slash": "/",
    "question_mark": "?",
    "colon": ":",
    "asterisk": "*",
    "backslash": "\\",
    "plus": "+",
    "pageup": "page up",
    "pagedown": "page down",
    "escape": "esc",
}


def _spelled(key: str) -> str:
    return _SPELLED.get(key, key)


_MEANT = {"Identity": "identities of an Identity Service"}
"""What a pane shows, where its name does not say it all."""


def _pane_keys() -> Iterator[Action]:
    for number, pane in enumerate(PANES, start=1):
        yield Action(
            f"show_pane('{pane.lower()}')",
            str(number),
            pane,
            f"Show the {_MEANT.get(pane, pane.lower())}.",
            EVERYWHERE,
            shown=False,
        )


ACTIONS: tuple[Action, ...] = (
    *_pane_keys(),
    Action("help", "question_mark,f1", "Help", "All keys, and what they do.", EVERYWHERE),
    Action("palette", "ctrl+p,colon", "Palette", "Find any action by name.", EVERYWHERE),
    Action("themes", "t", "Theme", "Choose how it looks.", EVERYWHERE, shown=False),
    Action(
        "quit", "q,ctrl+q", "Quit", "Leave; running saves finish first.", EVERYWHERE, shown=False
    ),
    # tables
    Action("filter", "slash", "Filter", "Show only rows that match.", TABLE),
    Action("back", "escape", "Back", "Close the filter, or drop it.", TABLE, shown=False),
    Action("reload", "r", "Reload", "Read the list again.", TABLE, shown=False),
    Action("copy", "c", "Copy", "Copy the id or the whole as JSON.", TABLE, shown=False),
    Action(
        "widen", "plus", "Widen", "Give the detail more room, or all of it.", TABLE, shown=False
    ),
    Action("raw", "y", "JSON", "Show the whole as JSON, secrets masked.", TABLE, shown=False),
    Action("history", "h", "History", "What was changed, when and by whom.", TABLE, shown=False),
    Action("mark_all", "asterisk", "Mark all", "Mark every row that matches.", TABLE, shown=False),
    Action("clear_marks", "backslash", "Unmark", "Take all marks away.", TABLE, shown=False),
    # tenants
    Action("new", "n", "New", "Create a tenant.", "Tenants", dangerous=True),
    Action("edit", "e", "Edit", "Change a tenant in a form.", "Tenants", dangerous=True),
    Action("edit_json", "E", "Edit JSON", "Change it as JSON.", "Tenants", True, False),
    Action("switch", "s", "On/off", "Enable or disable a tenant.", "Tenants", dangerous=True),
    Action("anchors", "a", "Trust", "Add or remove trust anchors.", "Tenants", dangerous=True),
    Action("delete", "x", "Delete", "Delete a tenant; asks first.", "Tenants", dangerous=True),
    Action("sample", "S", "Sample", "Fill in a sample fleet.", "Tenants", dangerous=True),
    # devices
    Action("new", "n", "New", "Register a device.", "Devices", dangerous=True),
    Action("edit", "e", "Edit", "Change a device in a form.", "Devices", dangerous=True),
    Action("edit_json", "E", "Edit JSON", "Change it as JSON.", "Devices", True, False),
    Action("switch", "s", "On/off", "Enable or disable; marked rows together.", "Devices", True),
    Action(
        "gateways", "w", "Gateways", "Choose the gateways it connects through.", "Devices", True
    ),
    Action("keys", "K", "Keys", "Swap or make new keys; marked rows together.", "Devices", True),
    Action("connect", "d", "Connect", "Connection string or SAS token.", "Devices"),
    Action("behind", "b", "Behind", "List what connects through this one.", "Devices", shown=False),
    Action("sort", "o", "Sort", "Order by id or by last change.", "Devices", shown=False),
    Action("jump", "J", "Jump", "Go to an id or a position.", "Devices", shown=False),
    Action("delete", "x", "Delete", "Delete; marked rows together; asks first.", "Devices", True),
    # credentials
    Action("new", "n", "New", "Add a password, key or certificate.", "Credentials", True),
    Action("edit", "e", "Edit", "Change validity and comments.", "Credentials", dangerous=True),
    Action("edit_json", "E", "Edit JSON", "Change the set as JSON.", "Credentials", True, False),
    Action("replace", "R", "Replace", "Give a secret new material.", "Credentials", True),
    Action("add_secret", "A", "Add secret", "Add a second secret.", "Credentials", True, False),
    Action(
        "keys", "K", "Keys", "Swap primary and secondary, or make new ones.", "Credentials", True
    ),
    Action("switch", "s", "On/off", "Enable or disable.", "Credentials", dangerous=True),
    Action("reveal", "p", "Peek", "Show a secret for ten seconds.", "Credentials"),
    Action(
        "copy_secret", "C", "Copy secret", "Copy it; clears itself.", "Credentials", shown=False
    ),
    Action(
        "connect", "d", "Connect", "Connection string or SAS token.", "Credentials", shown=False
    ),
    Action("delete", "x", "Delete", "Delete a credential; asks first.", "Credentials", True),
    Action("expiring", "i", "Expiring", "What ends soon in this tenant.", "Credentials"),
    # jobs
    Action(
        "import",
        "i",
        "Import",
        "Read devices; a dry run shows first what that would do.",
        "Jobs",
        dangerous=True,
    ),
    Action(
        "export", "o", "Export", "Write devices to a folder or container.", "Jobs", dangerous=True
    ),
    Action("cancel", "x", "Cancel", "Stop the running job; asks first.", "Jobs", dangerous=True),
    Action("errors", "l", "Lines", "Read, filter and save the lines that failed.", "Jobs"),
    Action("forget", "D", "Forget", "Drop a finished job from the list.", "Jobs", True, False),
    # principals
    Action("new", "n", "New", "Add a principal.", "Principals", dangerous=True),
    Action("edit", "e", "Edit", "Change a principal.", "Principals", dangerous=True),
    Action(
        "delete", "x", "Delete", "Delete a principal; asks first.", "Principals", dangerous=True
    ),
    Action("edit_text", "E", "Edit text", "Change a file as text.", "Principals", True, False),
    Action("explain", "w", "Explain", "What would be answered to whom, and why.", "Principals"),
    Action("findings", "i", "Findings", "All that is amiss, with its remedy.", "Principals"),
    Action("undo", "u", "Undo", "Take back the last change made here.", "Principals", True),
    Action(
        "files", "f", "Files", "Open another config.toml and folder.", "Principals", shown=False
    ),
    # an Identity Service
    Action("new", "n", "New", "Create a module.", "Identity", dangerous=True),
    Action(
        "fetch",
        "o",
        "Fetch",
        "Ask for it whole, as enter does; a local one with a new key.",
        "Identity",
        shown=False,
    ),
    Action("issue", "i", "Issue", "Have a certificate and its key issued.", "Identity"),
    Action("update", "u", "Push keys", "Write a module's keys to the hub again.", "Identity", True),
    Action("delete", "x", "Delete", "Delete a module; asks first.", "Identity", dangerous=True),
    Action("reveal", "p", "Peek", "Show a private key for ten seconds.", "Identity"),
    Action("copy_secret", "C", "Copy secret", "Copy it; clears itself.", "Identity", shown=False),
    Action("save", "s", "Save", "Save certificate and key to new files.", "Identity"),
    Action(
        "reprovision",
        "R",
        "Reprovision",
        "Provision the device anew; asks first, since modules are lost.",
        "Identity",
        dangerous=True,
        shown=False,
    ),
)
"""Every action of the console."""


def actions_of(group: str) -> tuple[Action, ...]:
    """The actions of one group in the order of the table."""
    return tuple(action for action in ACTIONS if action.group == group)


def bindings_of(group: str) -> list[BindingType]:
    """Textual bindings for one group, remappable by id."""
    from textual.binding import Binding  # noqa: PLC0415 - docs and tests read this table without it

    return [
        Binding(
            action.key,
            action.name,
            action.label,
            show=action.shown,
            tooltip=action.help,
            id=action.id,
        )
        for action in actions_of(group)
    ]
