"""Covered secrets: what is shown, compared and edited never holds them, and none gets lost."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.forms.veil import Veil
from registry_backend.domain.credentials import Credential, CredentialSet
from registry_backend.domain.document import JsonObject, compact_json
from registry_backend.domain.errors import Invalid


def stored(*credentials: JsonObject) -> CredentialSet:
    """A set as a registry holds it."""
    found = tuple(Credential.parse(each) for each in credentials)
    return CredentialSet(tenant_id="t", device_id="d", credentials=found, version="v")


KEYED: JsonObject = {"type": "psk", "auth-id": "a", "secrets": [{"id": "s1", "key": "S3CRET"}]}


def test_what_was_left_covered_is_not_sent_where_the_registry_keeps_it() -> None:
    """A secret with its id and without material keeps what is stored (hono 3.6)."""
    hashed = {
        "type": "hashed-password",
        "auth-id": "a",
        "secrets": [{"id": "s2", "hash-function": "sha-256", "pwd-hash": "H", "salt": "S"}],
    }
    held, veil = stored(KEYED, hashed), Veil()
    sent = veil.credentials(veil.document(held), held)
    assert [each.secrets[0].to_json() for each in sent] == [{"id": "s1"}, {"id": "s2"}]


def test_a_new_value_over_a_cover_is_sent() -> None:
    """Typing over the dots replaces the secret."""
    held, veil = stored(KEYED), Veil()
    document = veil.document(held)
    document["credentials"][0]["secrets"][0]["key"] = "NEW"
    (sent,) = veil.credentials(document, held)
    assert sent.secrets[0].to_json() == {"id": "s1", "key": "NEW"}


def test_members_of_unknown_types_come_back_as_they_were() -> None:
    """The registry keeps nothing of them by itself."""
    held = stored({"type": "radio", "auth-id": "a", "secrets": [{"id": "s", "pin": {"x": [1]}}]})
    veil = Veil()
    assert "[1]" not in compact_json(veil.document(held))
    (sent,) = veil.credentials(veil.document(held), held)
    assert sent == held.credentials[0]


def test_a_secret_the_registry_no_longer_names_goes_as_a_new_one() -> None:
    """Somebody replaced the set: the id means nothing there, the key is still mine."""
    held, veil = stored(KEYED), Veil()
    document = veil.document(held)
    other = stored({**KEYED, "secrets": [{"id": "s9", "key": "OTHER"}]})
    (sent,) = veil.credentials(document, other)
    assert sent.secrets[0].to_json() == {"key": "S3CRET"}


@pytest.mark.parametrize("damaged", ["••••••••", "•••••••• 9", "x•••••••• 1"])
def test_a_damaged_cover_is_refused_at_its_path(damaged: str) -> None:
    """Dots must never become the secret."""
    held, veil = stored(KEYED), Veil()
    document = veil.document(held)
    document["credentials"][0]["secrets"][0]["key"] = damaged
    with pytest.raises(Invalid) as caught:
        veil.credentials(document, held)
    assert caught.value.problems[0].field == "[0].secrets[0].key"


@pytest.mark.parametrize("document", [{}, {"credentials": {}}, {"credentials": [], "more": 1}])
def test_a_document_of_another_form_is_refused(document: JsonObject) -> None:
    """The wrapper holds the list and nothing else."""
    with pytest.raises(Invalid):
        Veil().credentials(document, stored())


@given(st.lists(st.text(min_size=1).filter(lambda text: "•" not in text), min_size=1, max_size=4))
def test_covering_hides_and_uncovering_restores(keys: list[str]) -> None:
    """Against an empty registry everything has to be sent, and nothing of it was shown."""
    secrets = [{"id": f"s{index}", "key": f"<{key}>"} for index, key in enumerate(keys)]
    held = stored({"type": "psk", "auth-id": "a", "secrets": secrets})
    veil = Veil()
    document = veil.document(held)
    assert "<" not in compact_json(document)
    (sent,) = veil.credentials(document, stored())
    assert [each.key for each in sent.secrets] == [f"<{key}>" for key in keys]
