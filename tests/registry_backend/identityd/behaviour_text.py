"""Configurations that services are started with."""

from __future__ import annotations

from pathlib import Path

from registry_backend.identityd.behaviour_config import ConfigPaths

NO_HUB = """hostname = "dev1"
homedir = "HOME"
[provisioning]
source = "none"
"""
MANUAL = """hostname = "dev1"
homedir = "HOME"
[[principal]]
uid = 1000
name = "agent"
idtype = ["module"]
[provisioning]
source = "manual"
iothub_hostname = "hub.example"
device_id = "d1"
authentication = { method = "sas", device_id_pk = "device-id" }
"""


def written(folder: Path, text: str) -> ConfigPaths:
    """The text as the main file of a configuration whose home is in the same folder."""
    paths = ConfigPaths(folder / "config.toml", folder / "config.d")
    paths.main_file.write_text(text.replace("HOME", str(folder / "home")), encoding="utf-8")
    return paths
