"""Connection strings: what is read, what is written, and what an error never says (iothub 7.3)."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry_backend.domain.errors import Invalid
from registry_backend.wire.connection_strings import (
    DeviceConnection,
    HubConnection,
    format_device,
    format_hub,
    parse_device,
    parse_hub,
)
from registry_backend.wire.sas import make_token

KEY = base64.b64encode(b"s3cr3t-s3cr3t-s3cr3t-s3cr3t-s3cr").decode()
HUB = f"HostName=hub.example;SharedAccessKeyName=iothubowner;SharedAccessKey={KEY}"
DEVICE = f"HostName=hub.example;DeviceId=d1;SharedAccessKey={KEY}"


def test_a_hubs_string_is_read_and_written_as_it_was() -> None:
    """The key keeps the equals signs it ends in."""
    read = parse_hub(HUB)
    assert read == HubConnection("hub.example", "iothubowner", KEY)
    assert KEY.endswith("=")
    assert format_hub(read) == HUB


@pytest.mark.parametrize("host", ["localhost:28080", "127.0.0.1:1", "[::1]:28080", "HUB_1.a-b"])
def test_the_host_may_name_a_port(host: str) -> None:
    """And be an address."""
    assert parse_hub(HUB.replace("hub.example", host)).host_name == host


def test_how_it_was_pasted_does_not_matter() -> None:
    """Case of names, blanks around members, quotes, a semicolon at the end."""
    pasted = f'"hostname=hub.example; SHAREDACCESSKEYNAME=iothubowner ;sharedaccesskey={KEY};"\n'
    assert parse_hub(pasted) == parse_hub(HUB)


def test_a_finished_token_may_stand_for_the_key() -> None:
    """With the policy's name or without."""
    token = make_token("hub.example", KEY, policy="service", expires=1_800_000_000)
    text = f"HostName=hub.example;SharedAccessSignature={token}"
    read = parse_hub(text)
    assert (read.signature, read.key, read.policy) == (token, None, None)
    assert format_hub(read) == text
    named = parse_hub(f"{text};SharedAccessKeyName=service")
    assert (named.policy, named.signature) == ("service", token)


def test_a_devices_string_is_read_and_written_as_it_was() -> None:
    """With a key, with a certificate, of a module, behind a gateway."""
    for text in (
        DEVICE,
        DEVICE.replace("d1", "a=b"),
        "HostName=hub.example;DeviceId=d1;x509=true",
        f"HostName=hub.example;DeviceId=d1;ModuleId=m;SharedAccessKey={KEY};GatewayHostName=edge",
    ):
        assert format_device(parse_device(text)) == text
    assert parse_device("HostName=h;DeviceId=d1;x509=TRUE").x509
    assert parse_device(DEVICE).key == KEY


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "member 1 is not NAME=VALUE"),
        ("nonsense", "member 1 is not NAME=VALUE"),
        (f"HostName=h;SharedAccessKeyName=p;{KEY}", "the name of member 3 is not known"),
        (f"HostName=h;;SharedAccessKeyName=p;SharedAccessKey={KEY}", "member 2 is not NAME"),
        (f"SharedAccessKeyName=p;SharedAccessKey={KEY}", "HostName: is missing"),
        (f"HostName=;SharedAccessKeyName=p;SharedAccessKey={KEY}", "HostName: is missing"),
        (HUB.replace("hub.example", "https://hub.example"), "HostName: is not a host"),
        (HUB.replace("hub.example", "hub.example:99999"), "HostName: is not a host"),
        (HUB.replace("hub.example", "hub.example:0"), "HostName: is not a host"),
        (HUB + f";SharedAccessKey={KEY}", "SharedAccessKey: is given twice"),
        (f"HostName=h;SharedAccessKey={KEY}", "SharedAccessKeyName: is missing"),
        (HUB.replace("iothubowner", "a b"), "SharedAccessKeyName: is not the name"),
        ("HostName=h;SharedAccessKeyName=p", "needs one of SharedAccessKey, SharedAccessSignature"),
        ("HostName=h;SharedAccessKeyName=p;SharedAccessKey=", "SharedAccessKey: is not standard"),
        (HUB[:-2], "SharedAccessKey: is not standard base64"),
        (HUB + ";SharedAccessSignature=sr=h", "SharedAccessSignature: is no token"),
        (
            HUB + ";SharedAccessSignature=SharedAccessSignature sr=h&sig=c2ln&se=1",
            "SharedAccessKey and SharedAccessSignature exclude each other",
        ),
        (DEVICE, "This is not a hub's connection string"),
    ],
)
def test_a_hubs_string_that_cannot_be_used_says_which_member(text: str, told: str) -> None:
    """And nothing of what stands there, for it may be the key."""
    with pytest.raises(Invalid) as raised:
        parse_hub(text)
    assert told in str(raised.value)
    assert KEY[:12] not in str(raised.value)
    assert KEY[:12] not in repr(raised.value.problems)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (f"HostName=h;SharedAccessKey={KEY}", "DeviceId: is missing"),
        (f"DeviceId=d;SharedAccessKey={KEY}", "HostName: is missing"),
        ("HostName=h;DeviceId=d", "needs one of SharedAccessKey, SharedAccessSignature, x509=true"),
        ("HostName=h;DeviceId=d;x509=maybe", "x509: is neither true nor false"),
        (f"{DEVICE};x509=true", "SharedAccessKey and x509=true exclude each other"),
        (f"{DEVICE};GatewayHostName=a b", "GatewayHostName: is not a host"),
        (HUB, "This is not a device's connection string"),
    ],
)
def test_a_devices_string_that_cannot_be_used_says_which_member(text: str, told: str) -> None:
    """As a hub's does."""
    with pytest.raises(Invalid) as raised:
        parse_device(text)
    assert told in str(raised.value)
    assert KEY[:12] not in str(raised.value)


def test_an_id_with_a_semicolon_fits_no_connection_string() -> None:
    """A hub of 2016 allows such ids, so it is told."""
    with pytest.raises(Invalid, match="DeviceId: has a semicolon"):
        format_device(DeviceConnection("h", "a;b", KEY))


def test_keys_are_in_no_print() -> None:
    """Not even a debugger's."""
    for read in (parse_hub(HUB), parse_device(DEVICE)):
        assert KEY not in repr(read)


@given(
    device=st.text(alphabet="abzAZ09-:.+%_#*?!(),=@$'", min_size=1, max_size=128),
    key=st.binary(min_size=1, max_size=64),
    port=st.none() | st.integers(min_value=1, max_value=65535),
)
def test_what_is_written_is_read_again(device: str, key: bytes, port: int | None) -> None:
    """For every id of the hub's character set without a semicolon."""
    host = "localhost" if port is None else f"localhost:{port}"
    made = DeviceConnection(host, device, base64.b64encode(key).decode())
    assert parse_device(format_device(made)) == made


def hub_again(text: str) -> str:
    """A hub's string, read and written."""
    return format_hub(parse_hub(text))


def device_again(text: str) -> str:
    """A device's string, read and written."""
    return format_device(parse_device(text))


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["HostName", "DeviceId", "SharedAccessKey", "x509"]) | st.text(),
            st.sampled_from(["localhost:1", KEY, "true", "d1"]) | st.text(),
        ),
        max_size=5,
    )
)
def test_nothing_that_can_be_pasted_breaks_the_reading(members: list[tuple[str, str]]) -> None:
    """It is read, or refused with a reason, and what was read can be written again."""
    text = ";".join(f"{name}={value}" for name, value in members)
    for round_trip in (hub_again, device_again):
        try:
            written = round_trip(text)
        except Invalid:
            continue
        assert round_trip(written) == written
