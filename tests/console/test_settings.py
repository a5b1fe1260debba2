"""Settings survive faults in their file, and saving them keeps what a person wrote there."""

from __future__ import annotations

from pathlib import Path

import pytest

from console.settings import Settings, load_settings, save_settings
from registry_backend.domain.errors import Unreachable


def test_a_missing_file_means_the_defaults(tmp_path: Path) -> None:
    """The first start has no settings file, and nothing to complain of."""
    loaded = load_settings(tmp_path / "settings.toml")
    assert loaded.settings == Settings()
    assert loaded.problems == ()


def test_saved_settings_are_read_back(tmp_path: Path) -> None:
    """What was saved, a folder still to be made included, is what the next start finds."""
    path = tmp_path / "idconsole" / "settings.toml"
    settings = Settings(theme="harbour", tenant="north-wind", identityd_config=Path("/tmp/c.toml"))
    save_settings(path, settings)
    assert load_settings(path).settings == settings


def test_each_fault_names_file_and_key_and_the_rest_counts(tmp_path: Path) -> None:
    """A typo or a wrong type costs that one setting only."""
    path = tmp_path / "settings.toml"
    path.write_text('theme = 7\nthem = "dusk"\ntenant = "orchard"\n')
    loaded = load_settings(path)
    assert loaded.settings == Settings(tenant="orchard")
    assert len(loaded.problems) == 2
    assert all(str(path) in problem for problem in loaded.problems)
    assert "theme must be a text" in loaded.problems[0]
    assert "'them' is not a setting" in loaded.problems[1]


@pytest.mark.parametrize("content", [b"theme = ", b"theme = '\xff'"])
def test_a_file_that_is_no_toml_is_reported_and_never_overwritten(
    tmp_path: Path, content: bytes
) -> None:
    """The defaults stand in, and the person's file stays to be mended."""
    path = tmp_path / "settings.toml"
    path.write_bytes(content)
    loaded = load_settings(path)
    assert loaded.settings == Settings()
    assert str(path) in loaded.problems[0]
    with pytest.raises(Unreachable, match="not saved"):
        save_settings(path, Settings(theme="dusk"))
    assert path.read_bytes() == content


def test_saving_keeps_comments_and_unknown_keys(tmp_path: Path) -> None:
    """The file belongs to the person; only the changed setting changes."""
    path = tmp_path / "settings.toml"
    path.write_text('# mine\ntheme = "dusk" # calm\nlater = 1\n')
    save_settings(path, Settings(theme="dawn"))
    assert path.read_text() == '# mine\ntheme = "dawn" # calm\nlater = 1\n'


def test_a_setting_back_at_its_default_leaves_the_file(tmp_path: Path) -> None:
    """What is not written follows the default of a later version."""
    path = tmp_path / "settings.toml"
    save_settings(path, Settings(theme="dusk", tenant="orchard"))
    save_settings(path, Settings(tenant="orchard"))
    assert path.read_text() == 'tenant = "orchard"\n'
    assert list(tmp_path.iterdir()) == [path]
