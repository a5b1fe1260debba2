"""Imports point one way: the table of rooms, read from the source and tried at run time."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("console", "registry_backend", "themes", "screenshots")

DOMAIN = "registry_backend.domain"
STORE = "registry_backend.storage.base"
PORTS = "console.adapters.ports"

ROOMS: dict[str, tuple[str, ...]] = {
    # room: whom its modules may import besides each other, the standard library and __future__
    # ---------------------------------------------------------------- the registry
    "registry_backend.domain":     ("pydantic", "pydantic_core", "bcrypt"),
    "registry_backend.storage":    (DOMAIN, "pydantic", "pydantic_core", "psycopg", "psycopg_pool"),
    "registry_backend.wire":       (DOMAIN, "pydantic", "pydantic_core", "cryptography"),
    "registry_backend.identityd":  (DOMAIN, "tomlkit", "pydantic"),
    "registry_backend.identityd.behaviour": (DOMAIN, "registry_backend.identityd",
                                    "registry_backend.registry", "cryptography"),
    "registry_backend.registry":   (DOMAIN, STORE, "cryptography"),
    "registry_backend.jobs":       (DOMAIN, STORE, "registry_backend.wire",
                                    "registry_backend.registry", "aiohttp", "yarl"),
    "registry_backend.sample":     (DOMAIN, STORE, "registry_backend.registry",
                                    "registry_backend.wire", "cryptography"),
    "registry_backend.open":       (DOMAIN, "registry_backend.storage",
                                    "registry_backend.registry", "registry_backend.jobs"),
    "registry_backend.api":        (DOMAIN, "registry_backend.registry", "registry_backend.jobs",
                                    "registry_backend.wire", "registry_backend.identityd",
                                    "aiohttp", "pydantic"),
    "registry_backend.server":     (DOMAIN, "registry_backend.api", "registry_backend.registry",
                                    "registry_backend.jobs",
                                    "registry_backend.wire", "registry_backend.identityd",
                                    "registry_backend.open", "aiohttp"),
    "registry_backend":            (),
    # ---------------------------------------------------------------- the console
    "console.adapters.ports":      (DOMAIN,),
    "console.adapters.base":       (DOMAIN, PORTS),
    "console.adapters.rest":       (DOMAIN, "console.adapters.base",
                                    "console.adapters.causes", "httpx", "cryptography"),
    "console.adapters.causes":     (),
    "console.adapters.read_only":  (DOMAIN, "console.adapters.base"),
    "console.adapters.local":      (DOMAIN, PORTS, "console.adapters.base",
                                    "console.adapters.read_only", "registry_backend.open",
                                    "registry_backend.registry",
                                    "registry_backend.jobs", "registry_backend.identityd",
                                    "registry_backend.sample", "platformdirs"),
    "console.adapters.identity":   (DOMAIN, PORTS, "console.adapters.base",
                                    "console.adapters.read_only", "console.adapters.healing",
                                    "console.adapters.causes", "console.adapters.rest",
                                    "registry_backend.wire",
                                    "registry_backend.identityd", "httpx"),
    "console.adapters":            (DOMAIN, PORTS, "console.adapters.base",
                                    "console.adapters.read_only", "console.adapters.rest",
                                    "console.locks",
                                    "registry_backend.wire", "httpx", "pydantic"),
    "console.render":              (DOMAIN, "rich"),
    "console.forms":               (DOMAIN, "console.render"),
    "console.widgets":             (DOMAIN, "console.adapters.base", "console.render",
                                    "console.keys", "textual", "rich"),
    "console.dialogs":             (DOMAIN, "console.adapters.base", "console.render",
                                    "console.forms", "console.widgets", "console.keys",
                                    "textual", "rich"),
    "console.panes":               (DOMAIN, PORTS, "console.adapters.base", "console.render",
                                    "console.forms", "console.widgets", "console.dialogs",
                                    "console.keys", "console.saving", "textual", "rich"),
    "console.keys":                ("textual",),
    "console.locks":               (),
    "console.saving":              (),
    "console.settings":            (DOMAIN, "platformdirs", "tomlkit"),
    "console.contexts":            (DOMAIN, "console.settings", "console.locks",
                                    "platformdirs", "tomlkit", "keyring"),
    "console.commands":            (DOMAIN, "console.adapters", "console.contexts",
                                    "console.render", "console.settings", "console.commands",
                                    "registry_backend.identityd", "registry_backend.jobs",
                                    "registry_backend.open", "registry_backend.sample",
                                    "registry_backend.server",
                                    "registry_backend.wire.connection_strings", "platformdirs"),
    # the app, the command line and what they share: every room of the console, no wire, no store
    "console":                     (DOMAIN, "console", "themes", "registry_backend.open",
                                    "registry_backend.sample", "registry_backend.server",
                                    "textual", "rich", "platformdirs"),
    # ---------------------------------------------------------------- beside them
    "themes":                      (DOMAIN, "textual"),
    "screenshots":                 ("console", "registry_backend.open", "registry_backend.sample",
                                    "registry_backend.api", "registry_backend.server",
                                    "registry_backend.wire", "registry_backend.identityd",
                                    DOMAIN, "themes", "textual", "rich"),
}  # fmt: skip

SHARED_ADAPTER_MODULES = {
    "console.adapters.base",
    "console.adapters.causes",
    "console.adapters.healing",
    "console.adapters.read_only",
    "console.adapters.remote",
    "console.adapters.rest",
    "console.adapters.rest_answer",
    "console.adapters.rest_connecting",
    "console.adapters.rest_endpoint",
    "console.adapters.rest_refusals",
    "console.adapters.rest_repeating",
    "console.adapters.rest_unreachable",
    "console.adapters.rest_versions",
    "console.adapters.rest_words",
    "console.adapters.unlisted_credentials",
}

LAZY: tuple[tuple[str, set[str]], ...] = (
    # importing                 never loads
    ("registry_backend.open",   {"textual", "rich", "httpx"}),
    ("registry_backend.server", {"textual", "rich", "httpx"}),
    ("themes",                  {"textual"}),
    ("console.cli",             {"textual", "httpx", "pydantic"}),
    ("console.keys",            {"textual", "httpx", "pydantic"}),
    ("console.commands",        {"textual"}),
    ("console.render",          {"textual", "httpx"}),
    ("console.widgets",         {"httpx"}),
    ("console.dialogs",         {"httpx"}),
    ("console.panes",           {"httpx"}),
    ("console.app",             {"httpx"}),
)  # fmt: skip


def sources() -> dict[str, Path]:
    """Every module of the distribution and of the picture tour, by dotted name."""
    found = {}
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


MODULES = sources()


def within(module: str, prefix: str) -> bool:
    """Whether the module is the named one, lies inside it, or is split from it (`local_jobs`)."""
    return module == prefix or module.startswith((f"{prefix}.", f"{prefix}_"))


def room_of(module: str) -> str:
    """The most exact row of the table that holds the module."""
    return max((room for room in ROOMS if within(module, room)), key=len)


def imports_of(source: str) -> list[tuple[int, str]]:
    """Each import in a source with its line: inside functions and type-only blocks too."""
    return [found for node in ast.walk(ast.parse(source)) for found in imports_in(node)]


def imports_in(node: ast.AST) -> Iterator[tuple[int, str]]:
    """What one statement imports; `from package import module` counts as `package.module`."""
    match node:
        case ast.Import(names=names, lineno=line):
            yield from ((line, alias.name) for alias in names)
        case ast.ImportFrom(module=str(module), names=names, lineno=line):
            for alias in names:
                submodule = f"{module}.{alias.name}"
                yield line, submodule if submodule in MODULES else module
        case ast.Call(
            func=ast.Name(id="import_module") | ast.Attribute(attr="import_module"),
            args=[ast.Constant(value=str(module)), *_],
            lineno=line,
        ):
            yield line, module


def trespasses(module: str, imports: Iterable[tuple[int, str]]) -> list[str]:
    """Each import of the module that its room does not permit, with its line."""
    room = room_of(module)
    return [
        f"{module}:{line} imports {imported}, which {room} may not"
        for line, imported in imports
        if imported.split(".")[0] not in sys.stdlib_module_names
        and not any(within(imported, allowed) for allowed in ROOMS[room])
        and not (within(imported, room) and room_of(imported) == room)
    ]


def loaded_by(*modules: str) -> set[str]:
    """Every module that a fresh interpreter holds after importing these."""
    program = f"import sys, {', '.join(modules)}\nprint('\\n'.join(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


def existing(prefix: str) -> list[str]:
    """The modules there are under this name."""
    return [module for module in MODULES if within(module, prefix)]


ADAPTERS = [
    module
    for module in existing("console.adapters")
    if module not in SHARED_ADAPTER_MODULES | {"console.adapters"} and not within(module, PORTS)
]
LAZY_HERE = [(room, never) for room, never in LAZY if existing(room)]


def test_the_source_is_found() -> None:
    """The checks below look at something: every package has modules, every shared one exists."""
    assert {module.split(".")[0] for module in MODULES} == set(PACKAGES)
    assert {DOMAIN, STORE, "console.adapters.base"} <= MODULES.keys()
    assert {"themes", "console.keys", "console.render"} <= {room for room, _ in LAZY_HERE}
    assert ADAPTERS
    assert len(MODULES) > 20


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("import httpx", ["httpx"]),
        ("def f():\n    from textual.app import App", ["textual.app"]),
        ("if TYPE_CHECKING:\n    import console.keys", ["console.keys"]),
        ("from registry_backend import storage", ["registry_backend.storage"]),
        ("from registry_backend.storage.base import Store", ["registry_backend.storage.base"]),
        ("importlib.import_module('console.adapters.base')", ["console.adapters.base"]),
    ],
)
def test_every_way_of_importing_is_seen(text: str, expected: list[str]) -> None:
    """The reader of imports misses neither lazy, type-only nor named ones."""
    assert [name for _, name in imports_of(text)] == expected


@pytest.mark.parametrize(
    ("module", "text"),
    [
        ("registry_backend.domain.devices", "import registry_backend.storage.base"),
        ("registry_backend.registry.devices", "from registry_backend.storage import sqlite"),
        ("registry_backend.storage.sqlite", "import console.keys"),
        ("console.panes.devices", "import httpx"),
        ("console.panes.devices", "import console.adapters.local"),
        ("console.adapters.hono", "import textual"),
        ("console.app", "import registry_backend.wire.hono"),
    ],
)
def test_the_table_refuses_what_it_should(module: str, text: str) -> None:
    """A trespass of each kind is caught, so a green table means something."""
    assert len(trespasses(module, imports_of(text))) == 1


def test_no_import_is_relative() -> None:
    """Every import names its module in full, so that the table can see it."""
    for module, path in MODULES.items():
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            assert not (isinstance(node, ast.ImportFrom) and node.level), module


@pytest.mark.parametrize("module", MODULES)
def test_a_module_imports_only_what_its_room_may(module: str) -> None:
    """Each module keeps to the table above."""
    assert trespasses(module, imports_of(MODULES[module].read_text("utf-8"))) == []


def test_the_registry_knows_nothing_of_its_console() -> None:
    """Nothing under `registry_backend` names the console, the themes or a terminal library."""
    for module in existing("registry_backend"):
        for line, imported in imports_of(MODULES[module].read_text("utf-8")):
            top = imported.split(".")[0]
            assert top not in {"console", "themes", "textual", "rich"}, f"{module}:{line}"


def test_the_registry_loads_no_terminal_and_no_http_client() -> None:
    """A server without a screen never pays for one, whichever module it begins with."""
    loaded = loaded_by(*existing("registry_backend"))
    assert not loaded & {"textual", "rich", "httpx", "console", "themes"}


@pytest.mark.parametrize("module", ["console.adapters.base", *ADAPTERS])
def test_an_adapter_loads_no_screen_and_no_other_adapter(module: str) -> None:
    """Connecting to one kind of registry costs nothing of the others."""
    loaded = loaded_by(module)
    family = module.removeprefix("console.adapters.").replace("_", ".").split(".")[0]
    others = {
        name
        for name in loaded & MODULES.keys()
        if within(name, "console.adapters")
        and name not in SHARED_ADAPTER_MODULES | {"console.adapters"}
        and not within(name, PORTS)
        and not within(name, f"console.adapters.{family}")
    }
    assert not others
    assert "textual" not in loaded
    if family in {"base", "local"}:
        assert "httpx" not in loaded


@pytest.mark.parametrize(("room", "never"), LAZY_HERE, ids=[room for room, _ in LAZY_HERE])
def test_a_start_loads_only_what_it_needs(room: str, never: set[str]) -> None:
    """`--help` and scripts start fast because the heavy libraries are loaded when used."""
    assert not loaded_by(*existing(room)) & never
