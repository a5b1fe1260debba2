"""What the console remembers between sessions: theme, tenant, where identityd's files are.

A settings file that cannot be used never keeps the console from starting: each fault is told with
file and key, and the default stands in.
"""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
import tomllib
from dataclasses import dataclass, fields, replace
from pathlib import Path

from registry_backend.domain.errors import Unreachable

DEFAULT_IDENTITYD_CONFIG = Path("/etc/aziot/identityd/config.toml")
"""identityd 4.1"""
DEFAULT_IDENTITYD_CONFIG_DIR = Path("/etc/aziot/identityd/config.d")
"""identityd 4.1"""


def folder_beside(main_file: Path) -> Path:
    """The folder of overrides that belongs to a main file named alone.

    That of this machine's own service would mix what is in force here into another configuration.
    """
    return main_file.parent / DEFAULT_IDENTITYD_CONFIG_DIR.name


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings, each a key of `settings.toml` of the same name."""

    theme: str | None = None
    """Name of the palette; None: the console's own."""
    tenant: str | None = None
    """The tenant chosen last."""
    identityd_config: Path = DEFAULT_IDENTITYD_CONFIG
    """The Identity Service's main file."""
    identityd_config_dir: Path = DEFAULT_IDENTITYD_CONFIG_DIR
    """The folder of files that override it."""


@dataclass(frozen=True, slots=True)
class LoadedSettings:
    """Settings as read, and what was wrong with the file, one sentence each."""

    settings: Settings
    problems: tuple[str, ...] = ()


def settings_path() -> Path:
    """Where this user's settings belong on this system."""
    import platformdirs  # noqa: PLC0415 - the command line starts without it

    return platformdirs.user_config_path("idconsole") / "settings.toml"


def load_settings(path: Path) -> LoadedSettings:
    """Read the file; a missing one means the defaults."""
    try:
        members = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return LoadedSettings(Settings())
    except OSError as error:
        return _unusable(path, f"cannot be read: {error.strerror}")
    except UnicodeDecodeError as error:
        return _unusable(path, f"is not UTF-8: byte {error.start + 1} cannot be read")
    except tomllib.TOMLDecodeError as error:
        return _unusable(path, f"is not TOML: {error}")
    return _check(path, members)


def _unusable(path: Path, why: str) -> LoadedSettings:
    return LoadedSettings(Settings(), (f"{path} {why}. The default settings are used.",))


def _check(path: Path, members: dict[str, object]) -> LoadedSettings:
    known = {field.name for field in fields(Settings)}
    good: dict[str, str | Path] = {}
    problems = []
    for key, value in members.items():
        if key not in known:
            problems.append(f"{path}: {key!r} is not a setting; known are {sorted(known)}.")
        elif not isinstance(value, str) or not value:
            problems.append(f"{path}: {key} must be a text that is not empty.")
        else:
            good[key] = Path(value).expanduser() if key.startswith("identityd_") else value
    return LoadedSettings(replace(Settings(), **good), tuple(problems))  # type: ignore[arg-type]


def save_settings(path: Path, settings: Settings) -> None:
    """Write what differs from the defaults; comments and unknown keys of the file stay.

    A file that is no TOML is left as it is: a person will want to mend it.

    Raises:
        Unreachable: when the file cannot be written or is no TOML.
    """
    import tomlkit  # noqa: PLC0415 - only a change of settings pays for loading it
    from tomlkit.exceptions import ParseError  # noqa: PLC0415 - as above

    try:
        text = path.read_bytes().decode("utf-8") if path.exists() else ""  # line ends as they are
        document = tomlkit.parse(text)
        for field in fields(Settings):
            value = getattr(settings, field.name)
            if value == field.default:
                document.pop(field.name, None)
            else:
                document[field.name] = str(value)
        replace_file(path, tomlkit.dumps(document))
    except (ParseError, UnicodeDecodeError) as error:
        message = f"The settings were not saved: {path} is not TOML ({error})."
        raise Unreachable(message, layer="file", hint="Mend or remove that file.") from None
    except OSError as error:
        message = f"The settings were not saved: {path}: {error.strerror}."
        raise Unreachable(message, layer="permission") from None


def replace_file(path: Path, text: str) -> None:
    """Put a whole new file in place, so that no reader ever sees half of one; it keeps its mode."""
    path = path.resolve()  # a linked file keeps its link
    path.parent.mkdir(parents=True, exist_ok=True)
    mode = stat.S_IMODE(path.stat().st_mode) if path.exists() else None
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.stem}-")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
            if mode is not None:
                os.fchmod(file.fileno(), mode)
        Path(name).replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise
