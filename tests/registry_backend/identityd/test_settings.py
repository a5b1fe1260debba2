"""Settings as the daemon reads them (identityd 4.2): defaults, variants, and every refusal."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from registry_backend.domain.principals import IdType, Principal
from registry_backend.identityd.places import KeyPath
from registry_backend.identityd.settings import (
    Attestation,
    AutoRenew,
    DpsProvisioning,
    ManualProvisioning,
    NoProvisioning,
    Provisioning,
    SasAuthentication,
    X509Authentication,
)
from registry_backend.identityd.settings_reading import read_settings

HEAD = 'hostname = "gate"\nhomedir = "/h"\n'
NONE = '[provisioning]\nsource = "none"\n'
MANUAL = '[provisioning]\nsource = "manual"\niothub_hostname = "hub"\ndevice_id = "d"\n'
DPS = '[provisioning]\nsource = "dps"\nglobal_endpoint = "https://dps.net"\nscope_id = "s"\n'


def test_all_but_three_keys_have_defaults() -> None:
    """Those of the contract."""
    settings = read_settings(tomllib.loads(HEAD + NONE)).settings
    assert settings is not None
    assert (settings.hostname, settings.homedir) == ("gate", Path("/h"))
    assert settings.provisioning == NoProvisioning()
    assert settings.principals == ()
    assert settings.localid_domain is None
    assert settings.prefer_module_identity_cache is False
    assert (settings.max_requests, settings.cloud_timeout_sec, settings.cloud_retries) == (
        10,
        70,
        1,
    )


@pytest.mark.parametrize(
    ("text", "provisioning"),
    [
        (
            MANUAL + 'authentication = { method = "sas", device_id_pk = "k" }\n',
            ManualProvisioning("hub", "d", SasAuthentication("k")),
        ),
        (
            MANUAL
            + 'local_gateway_hostname = "edge"\n[provisioning.authentication]\nmethod = "x509"\n'
            'identity_cert = "c"\nidentity_pk = "k"\ncsr_subject = { cn = "n", O = "o" }\n',
            ManualProvisioning(
                "hub", "d", X509Authentication("c", "k", {"CN": "n", "O": "o"}), "edge"
            ),
        ),
        (
            DPS + '[provisioning.attestation]\nmethod = "symmetric_key"\nregistration_id = "r"\n'
            'symmetric_key = "k"\n',
            DpsProvisioning(
                "https://dps.net", "s", Attestation("symmetric_key", "r", symmetric_key="k")
            ),
        ),
        (
            DPS + 'payload = { uri = "file:///p.json" }\n'
            'attestation = { method = "tpm", registration_id = "r" }\n',
            DpsProvisioning("https://dps.net", "s", Attestation("tpm", "r"), "file:///p.json"),
        ),
        (
            DPS + '[provisioning.attestation]\nmethod = "x509"\nidentity_cert = "c"\n'
            'identity_pk = "k"\n'
            'identity_auto_renew = { rotate_key = true, threshold = "80%", retry = "10min" }\n',
            DpsProvisioning(
                "https://dps.net",
                "s",
                Attestation(
                    "x509",
                    identity_cert="c",
                    identity_pk="k",
                    identity_auto_renew=AutoRenew(rotate_key=True, threshold="80%", retry="10min"),
                ),
            ),
        ),
    ],
)
def test_each_way_of_provisioning(text: str, provisioning: Provisioning) -> None:
    """With each way of showing who the device is."""
    read = read_settings(tomllib.loads(HEAD + text))
    assert read.refusals == ()
    assert read.settings is not None
    assert read.settings.provisioning == provisioning


@pytest.mark.parametrize(
    ("text", "path", "said"),
    [
        (NONE + 'homedir2 = "x"', ("hostname",), "is missing"),
        ('homedir = 3\nhostname = "h"\n' + NONE, ("homedir",), "must be a string"),
        (HEAD, ("provisioning",), "is missing"),
        (HEAD + "provisioning = 1", ("provisioning",), "must be a table"),
        (HEAD + "[provisioning]", ("provisioning", "source"), "is missing"),
        (HEAD + '[provisioning]\nsource = "Manual"', ("provisioning", "source"), "one of manual"),
        (HEAD + "cloud_timeout_sec = 69\n" + NONE, ("cloud_timeout_sec",), "at least 70"),
        (HEAD + "cloud_retries = 4294967296\n" + NONE, ("cloud_retries",), "at most"),
        (HEAD + "max_requests = -1\n" + NONE, ("max_requests",), "at least 0"),
        (HEAD + "max_requests = true\n" + NONE, ("max_requests",), "whole number"),
        (HEAD + "max_requests = 1.0\n" + NONE, ("max_requests",), "whole number"),
        (
            HEAD + 'prefer_module_identity_cache = "yes"\n' + NONE,
            ("prefer_module_identity_cache",),
            "true or false",
        ),
        (HEAD + NONE + "[localid]", ("localid", "domain"), "is missing"),
        (HEAD + MANUAL, ("provisioning", "authentication"), "is missing"),
        (
            HEAD + MANUAL + 'authentication = { method = "tpm" }',
            ("provisioning", "authentication", "method"),
            "one of sas, x509",
        ),
        (
            HEAD + MANUAL + 'authentication = { method = "sas" }',
            ("provisioning", "authentication", "device_id_pk"),
            "is missing",
        ),
        (
            HEAD + DPS.replace("https://dps.net", "dps.net"),
            ("provisioning", "global_endpoint"),
            "URL",
        ),
        *(
            (
                HEAD + DPS.replace("https://dps.net", address),
                ("provisioning", "global_endpoint"),
                "URL",
            )
            for address in ("https://a b", "https://a:99999", "https://:80", "https://[1", "a:b")
        ),
        (
            HEAD + '[provisioning]\nsource = "dps"\nscope_id = "s"',
            ("provisioning", "global_endpoint"),
            "is missing",
        ),
        (HEAD + DPS + "payload = {}", ("provisioning", "payload", "uri"), "is missing"),
        *(
            (
                HEAD + DPS + '[provisioning.attestation]\nmethod = "x509"\nidentity_cert = "c"\n'
                'identity_pk = "k"\nidentity_auto_renew = { rotate_key = false, '
                f'threshold = "{span}", retry = "1day" }}',
                ("provisioning", "attestation", "identity_auto_renew", "threshold"),
                "must be such as",
            )
            for span in (
                *("100%", "0%", "0min", "-1day", "ten", "", "10"),
                *("80 zorks", "4 %", "3h", " 80%", "9" * 19 + "day", "9" * 25 + "day"),
            )
        ),
        (HEAD + NONE + "[principal]\nuid = 1", ("principal",), "array of tables"),
        (HEAD + "principal = 3\n" + NONE, ("principal",), "array of tables"),
        (HEAD + "principal = [3]\n" + NONE, ("principal", 0), "must be a table"),
        *(
            (HEAD + NONE + f"[[principal]]\n{lines}", ("principal", 0, *path), said)
            for lines, path, said in (
                ('name = "n"', ("uid",), "is missing"),
                ("uid = 1", ("name",), "is missing"),
                ('uid = "1"\nname = "n"', ("uid",), "must be a number"),
                ('uid = -1\nname = "n"', ("uid",), "between 0 and"),
                ('uid = 4294967296\nname = "n"', ("uid",), "between 0 and"),
                ('uid = 1\nname = "n"\nidtype = "device"', ("idtype",), "must be an array"),
                ('uid = 1\nname = "n"\nidtype = ["Device"]', ("idtype", 0), "one of device"),
                ('uid = 1\nname = "n"\nlocalid = "x509"', ("localid",), "must be a table"),
                ('uid = 1\nname = "n"\nlocalid = {}', ("localid", "type"), "x509"),
                (
                    'uid = 1\nname = "n"\nlocalid = { type = "x509", attributes = "peer" }',
                    ("localid", "attributes"),
                    "client",
                ),
            )
        ),
    ],
)
def test_what_the_daemon_refuses_is_told_by_its_key(text: str, path: KeyPath, said: str) -> None:
    """With the path of the key, so that its file and line can be found."""
    read = read_settings(tomllib.loads(text))
    assert read.settings is None
    found = {refusal.path: refusal.problem for refusal in read.refusals}
    assert said in found[path]


def test_all_refusals_are_told_at_once() -> None:
    """The daemon stops at the first."""
    read = read_settings(tomllib.loads("cloud_retries = 'x'\n[[principal]]\n[[principal]]\nuid=1"))
    paths = [refusal.path for refusal in read.refusals]
    assert paths == [
        ("hostname",),
        ("homedir",),
        ("provisioning",),
        ("principal", 0, "uid"),
        ("principal", 0, "name"),
        ("principal", 1, "name"),
        ("cloud_retries",),
    ]


def test_unknown_keys_are_ignored_everywhere() -> None:
    """As the daemon does; principals carry theirs along."""
    text = HEAD + 'odd = 1\n[provisioning]\nsource = "none"\nodd = 2\n[[principal]]\nuid = 1\n'
    settings = read_settings(
        tomllib.loads(text + 'name = "n"\nidtype = ["local"]\nodd = 3')
    ).settings
    assert settings is not None
    assert settings.principals == (
        Principal(uid=1, name="n", idtype=(IdType.LOCAL,), other={"odd": 3}),
    )
