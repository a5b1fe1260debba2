"""What is asked for a module, a local identity, and the files one is saved to."""

from __future__ import annotations

from pathlib import Path

from console.forms.fields import Field, Values, collect, text_of
from registry_backend.domain.errors import Invalid

SERVER, CLIENT = "server", "client"


def module_fields() -> tuple[Field, ...]:
    """A new module's name."""
    return (
        Field(
            "module_id",
            "Module",
            "Letters, digits and - : . + % _ # * ? ! ( ) , = @ ; $ ', 128 at most.",
        ),
    )


def local_fields(name: str = "") -> tuple[Field, ...]:
    """A local identity's name and what it is for."""
    return (
        Field(
            "module_id",
            "Name",
            "The certificate's name begins with it; it need not be anybody's yet.",
            value=name,
        ),
        Field(
            "use",
            "For",
            "What a principal of that name has is as its configuration says.",
            "choice",
            CLIENT,
            options=((CLIENT, "a client"), (SERVER, "a server, and a client")),
        ),
    )


def read_module_id(values: Values) -> str:
    """The name entered. Raises Invalid for none."""
    name = text_of(values, "module_id")
    if not name:
        raise Invalid.at("module_id", "must not be empty")
    return name


def is_server(values: Values) -> bool:
    """Whether the certificate is for a server too."""
    return text_of(values, "use") == SERVER


def file_fields(stem: str) -> tuple[Field, ...]:
    """Where the certificate and the private key go."""
    return (
        Field(
            "certificate",
            "Certificate",
            "A new file; without a folder, where idconsole was started.",
            value=f"{stem}.cert.pem",
        ),
        Field(
            "private_key",
            "Private key",
            "A new file, for this user's eyes only (mode 0600), as the certificate's.",
            value=f"{stem}.key.pem",
        ),
    )


def read_files(values: Values) -> tuple[Path, Path]:
    """The paths of certificate and private key. Raises Invalid naming each field at fault."""
    paths, problems = collect(
        lambda: _path(values, "certificate"), lambda: _path(values, "private_key")
    )
    if problems:
        raise Invalid(problems=problems)
    certificate, private_key = paths
    if certificate == private_key:
        raise Invalid.at("private_key", "must be another file than the certificate's")
    return certificate, private_key


def _path(values: Values, name: str) -> Path:
    text = text_of(values, name)
    if not text:
        raise Invalid.at(name, "give the path of a file")
    try:
        return Path(text).expanduser()
    except RuntimeError:
        raise Invalid.at(name, "begins with the home of a user that there is not") from None
