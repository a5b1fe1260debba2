"""Shared access signatures: what proves a caller, and what does not (iothub 7.1)."""

from __future__ import annotations

import base64
import hashlib
import hmac
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry_backend.domain.errors import Invalid
from registry_backend.wire.sas import (
    CLOCK_SKEW_SECONDS,
    Refusal,
    check_token,
    covers,
    make_token,
    parse_token,
)

PRIMARY = base64.b64encode(bytes(range(32))).decode()
SECONDARY = base64.b64encode(bytes(range(32, 64))).decode()
NOW = 1_800_000_000
HOST = "localhost:28917"


def signed(resource: str, *, key: str = PRIMARY, expiry: str = str(NOW + 60)) -> str:
    """The signature over a raw `sr`, computed apart from the code under test; URL-encoded."""
    text = f"{resource}\n{expiry}".encode()
    digest = hmac.new(base64.b64decode(key), text, hashlib.sha256).digest()
    return quote(base64.b64encode(digest).decode(), safe="")


def token(resource: str, *, key: str = PRIMARY, expiry: str = str(NOW + 60)) -> str:
    """A header over a raw `sr`."""
    sig = signed(resource, key=key, expiry=expiry)
    return f"SharedAccessSignature sr={resource}&sig={sig}&se={expiry}&skn=iothubowner"


def refusal(
    header: str, *, host: str = HOST, path: str = "/devices/d1", at: float = NOW
) -> Refusal | None:
    """What the check says of a header."""
    return check_token(parse_token(header), (PRIMARY, SECONDARY), host=host, path=path, at=at)


@pytest.mark.parametrize(
    "resource",
    [
        "localhost",
        "localhost%3A28917",
        "localhost%3a28917",
        "LOCALHOST%3a28917",
        "localhost%2f",
        "localhost%2Fdevices",
        "localhost%3a28917%2fdevices%2fd1",
        "localhost/devices/D1",
    ],
)
def test_a_token_over_the_host_or_a_prefix_of_the_path_opens_it(resource: str) -> None:
    """With the port or without, encoded as each client does it, by whole segments."""
    assert refusal(token(resource)) is None


@pytest.mark.parametrize(
    "resource",
    [
        "otherhost",
        "localhos",
        "localhost%3a28918",
        "localhost%3a2891",
        "localhost%2fdev",
        "localhost%2fdevices%2fd",
        "localhost%2fdevices%2fd10",
        "localhost%2fdevices%2fd1%2fmodules",
        "%2fdevices",
        "https%3a%2f%2flocalhost",
    ],
)
def test_a_token_over_anything_else_does_not(resource: str) -> None:
    """Part of a segment is no prefix, and another port is another host."""
    assert refusal(token(resource)) is Refusal.AUDIENCE


def test_a_host_without_a_port_is_compared_as_it_stands() -> None:
    """Some clients send none, and an IPv6 address keeps its colons."""
    assert refusal(token("localhost"), host="localhost") is None
    assert covers("%5b%3a%3a1%5d%3a8080", host="[::1]:8080", path="/jobs")
    assert covers("%5b%3a%3a1%5d", host="[::1]:8080", path="/jobs")
    assert not covers("%5b%3a%3a1%5d", host="", path="/jobs")


def test_the_signature_covers_the_resource_as_it_stands() -> None:
    """`%3a` and `%3A` name one host, and each is signed as it was written."""
    header = token("localhost%3a28917")
    assert refusal(header.replace("%3a28917", "%3A28917")) is Refusal.SIGNATURE


def test_either_key_signs_and_no_other() -> None:
    """The secondary key counts as the primary does, so that one can be replaced at a time."""
    stranger = base64.b64encode(bytes(32)).decode()
    assert refusal(token("localhost", key=SECONDARY)) is None
    assert refusal(token("localhost", key=stranger)) is Refusal.SIGNATURE


def test_a_changed_expiry_is_not_what_was_signed() -> None:
    """Nobody can make a token last longer."""
    assert refusal(token("localhost").replace(f"se={NOW + 60}", f"se={NOW + 999}")) is (
        Refusal.SIGNATURE
    )


def test_a_token_counts_until_its_expiry_and_the_skew_of_clocks() -> None:
    """Five minutes are granted, not a second more."""
    header = token("localhost", expiry=str(NOW))
    assert refusal(header, at=NOW + CLOCK_SKEW_SECONDS - 1) is None
    assert refusal(header, at=NOW + CLOCK_SKEW_SECONDS) is Refusal.EXPIRED


def test_members_stand_in_any_order_and_any_case() -> None:
    """As do the scheme and what is not known."""
    sig = signed("localhost")
    header = f"sharedaccesssignature  SE={NOW + 60}&Skn=service&foo=1&SIG={sig}&Sr=localhost "
    assert refusal(header) is None
    assert parse_token(header).policy == "service"


def test_a_plus_in_a_signature_stays_a_plus() -> None:
    """Only percents are decoded, so a signature that nobody encoded still reads."""
    expiry = next(str(NOW + n) for n in range(500) if "%2B" in signed("h", expiry=str(NOW + n)))
    sig = signed("h", expiry=expiry)
    raw = sig.replace("%2B", "+").replace("%2F", "/").replace("%3D", "=")
    for text in (sig, sig.replace("%2B", "+"), raw):
        assert refusal(f"SharedAccessSignature sr=h&sig={text}&se={expiry}", host="h") is None


@pytest.mark.parametrize(
    ("header", "problem"),
    [
        ("", "does not begin with SharedAccessSignature"),
        ("Bearer sr=h&sig=c2ln&se=1", "does not begin with SharedAccessSignature"),
        ("SharedAccessSignature", "has no value"),
        ("SharedAccessSignature sig=c2ln&se=1", "no member sr"),
        ("SharedAccessSignature sr=h&se=1", "no member sig"),
        ("SharedAccessSignature sr=h&sig=c2ln", "no member se"),
        ("SharedAccessSignature sr=&sig=c2ln&se=1", "no member sr"),
        ("SharedAccessSignature sr=h&sr=h&sig=c2ln&se=1", "given twice"),
        ("SharedAccessSignature sr=h&SR=i&sig=c2ln&se=1", "given twice"),
        ("SharedAccessSignature sr=h&sig=c2ln&se=1&skn=a&SKN=b", "given twice"),
        ("SharedAccessSignature sr=h&&sig=c2ln&se=1", "has no value"),
        ("SharedAccessSignature sr=h&sig=***&se=1", "not base64"),
        ("SharedAccessSignature sr=h&sig=ä&se=1", "not base64"),
        ("SharedAccessSignature sr=h&sig=c2ln&se=soon", "not a time"),
        ("SharedAccessSignature sr=h&sig=c2ln&se=-1", "not a time"),
        ("SharedAccessSignature sr=h&sig=c2ln&se=" + "9" * 5000, "not a time"),
        ("SharedAccessSignature sr=h&sig=c2ln&se=١", "not a time"),
    ],
)
def test_a_header_of_another_form_is_refused_with_its_fault(header: str, problem: str) -> None:
    """And without any of its text, which may be a secret."""
    with pytest.raises(Invalid, match=problem):
        parse_token(header)


def test_a_token_without_a_policy_is_a_devices_own() -> None:
    """The registry's calls refuse it; a device proves itself with it."""
    header = make_token("h/devices/d1", PRIMARY, expires=NOW + 60)
    assert parse_token(header).policy is None
    assert "skn" not in header


def test_a_token_shows_its_signature_nowhere() -> None:
    """Not even to a debugger's print."""
    read = parse_token(token("localhost"))
    assert "signature" not in repr(read)
    assert read.expires == NOW + 60


@pytest.mark.parametrize("key", ["", "not base64!", "abc", "ä"])
def test_a_key_that_is_none_signs_nothing(key: str) -> None:
    """An empty one above all: anybody could sign with it."""
    with pytest.raises(Invalid, match="not standard base64") as raised:
        make_token("h", key, expires=NOW)
    assert not key or key not in str(raised.value)
    with pytest.raises(Invalid, match="not standard base64"):
        check_token(parse_token(token("h")), [key], host="h", path="/", at=NOW)


@given(
    host=st.from_regex(r"[a-z][a-z0-9.-]{0,20}(:[0-9]{1,5})?", fullmatch=True),
    device=st.text(alphabet="abzAZ09-:.+%_#*?!(),=@;$'", min_size=1, max_size=128),
    policy=st.none() | st.text(alphabet="abAB09_-@.", min_size=1, max_size=20),
    key=st.binary(min_size=16, max_size=64),
    lasts=st.integers(min_value=1, max_value=10**6),
)
def test_what_is_made_here_is_read_and_opens_what_it_names(
    host: str, device: str, policy: str | None, key: bytes, lasts: int
) -> None:
    """For every device id of the hub's character set, and no other device."""
    text = base64.b64encode(key).decode()
    header = make_token(f"{host}/devices/{device}", text, policy=policy, expires=NOW + lasts)
    read = parse_token(header)
    assert read.policy == policy
    path = f"/devices/{quote(device, safe='')}"
    assert check_token(read, [text], host=host, path=path, at=NOW) is None
    other = check_token(read, [text], host=host, path=f"{path}x", at=NOW)
    assert other is Refusal.AUDIENCE


_ANYTHING = st.text(alphabet=st.characters(exclude_categories=[]), max_size=40)


@given(
    members=st.dictionaries(
        st.sampled_from(["sr", "SIG", "se", "skn", "x"]) | _ANYTHING,
        _ANYTHING | st.just("c2ln") | st.just("1"),
    ),
    host=_ANYTHING,
    path=_ANYTHING,
)
def test_nothing_that_can_be_sent_breaks_the_check(
    members: dict[str, str], host: str, path: str
) -> None:
    """It is refused, or at least not signed; halves of characters and percents included."""
    header = "SharedAccessSignature " + "&".join(f"{n}={v}" for n, v in members.items())
    try:
        read = parse_token(header)
    except Invalid:
        return
    refused = check_token(read, (PRIMARY, SECONDARY), host=host, path=path, at=NOW)
    assert refused is Refusal.SIGNATURE
    assert covers(read.resource, host=host, path=path) in (True, False)
