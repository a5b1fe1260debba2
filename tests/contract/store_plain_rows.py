"""What every store must do with rows that come and go without models."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from registry_backend.domain.errors import AlreadyExists
from registry_backend.domain.journal import Actor, JournalEntry
from registry_backend.domain.query import DeviceQuery, Order, PageRequest
from registry_backend.storage.base import DeviceTexts, NewCredential, NewDevice, Snapshot, Store
from registry_backend.storage.rows import document_text
from tests.contract.store_models import START, a_credential, a_device, a_tenant

_property = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
_IDS = st.lists(st.text(alphabet="abA-é", min_size=1, max_size=4), max_size=25, unique=True)


def _a_row(device_id: str, *auth_ids: str, enabled: bool = True) -> NewDevice:
    credentials = tuple(
        NewCredential("psk", auth_id, True, document_text(a_credential(auth_id)))  # noqa: FBT003
        for auth_id in auth_ids
    )
    document = document_text(a_device("t", device_id, enabled=enabled).attributes)
    return NewDevice(device_id, enabled, f"v-{device_id}", f"g-{device_id}", document, credentials)


async def _insert(store: Store, *rows: NewDevice) -> None:
    await store.write(
        lambda registry: registry.insert_new_devices("t", rows, at=START + timedelta(seconds=1))
    )


async def _texts(store: Store, *, after: str | None, limit: int) -> Sequence[DeviceTexts]:
    return await store.read(
        lambda registry: registry.page_device_texts("t", after=after, limit=limit)
    )


class StorePlainRowsSuite:
    """The contract of `insert_new_devices`, `add_creations`, `page_device_texts`, `has_tenant`."""

    @pytest.fixture
    async def store(self) -> Store:
        """An empty store, closed after the test."""
        raise NotImplementedError

    @_property
    @given(ids=_IDS, data=st.data())
    async def test_new_rows_are_the_devices_that_models_would_have_made(
        self, store: Store, ids: list[str], data: st.DataObject
    ) -> None:
        """Devices, sets and kept counts are the same either way."""
        rows = [
            _a_row(
                each,
                *data.draw(st.sampled_from([(), (each,), (each, f"{each}/2")])),
                enabled=data.draw(st.booleans()),
            )
            for each in ids
        ]
        plain = await self._inserted(store, rows, by_models=False)
        assert plain == await self._inserted(store, rows, by_models=True)

    async def _inserted(
        self, store: Store, rows: Sequence[NewDevice], *, by_models: bool
    ) -> tuple[object, ...]:
        await store.write(lambda registry: registry.delete_devices("t", limit=1000))
        if by_models:
            pairs = [
                (
                    a_device(
                        "t", row.device_id, version=row.version, enabled=row.enabled
                    ).model_copy(
                        update={
                            "generation_id": row.generation_id,
                            "created_at": START + timedelta(seconds=1),
                        }
                    ),
                    [a_credential(each.auth_id) for each in row.credentials],
                )
                for row in rows
            ]
            await store.write(lambda registry: registry.put_devices(pairs))
        else:
            await _insert(store, *rows)

        def everything(registry: Snapshot) -> tuple[object, ...]:
            page = registry.page_devices("t", DeviceQuery(), Order(), PageRequest(limit=1000))
            ids = [device.device_id for device in page.rows]
            credentials = registry.page_credentials(
                "t", expires_before=None, request=PageRequest(limit=1000)
            )
            return (
                list(page.rows),
                registry.get_many_credentials("t", ids),
                list(credentials.rows),
                registry.statistics("t"),
                registry.count_credentials("t"),
            )

        return await store.read(everything)

    async def test_many_new_rows_come_in_together(self, store: Store) -> None:
        """However many they are, none is lost or kept twice."""
        ids = [f"d{number:04d}" for number in range(1237)]
        await _insert(store, *(_a_row(each, each) for each in ids))

        statistics = await store.read(lambda registry: registry.statistics("t"))
        assert (statistics.total, statistics.enabled) == (1237, 1237)
        assert [row.device_id for row in await _texts(store, after=None, limit=2000)] == ids

    async def test_new_rows_are_refused_whole_when_a_device_is_there(self, store: Store) -> None:
        """The error names it, and the others are not inserted."""
        await store.write(lambda registry: registry.insert_device(a_device("t", "d2")))
        with pytest.raises(AlreadyExists, match="'d2'"):
            await _insert(store, _a_row("d1", "d1"), _a_row("d2"))

        left = await store.read(lambda registry: registry.get_device("t", "d1"))
        assert left is None
        assert (await store.read(lambda registry: registry.count_credentials("t"))).value == 0

    async def test_new_rows_are_refused_whole_when_an_auth_id_is_taken(self, store: Store) -> None:
        """The error names the owner."""
        await _insert(store, _a_row("owner", "name"))
        with pytest.raises(AlreadyExists, match="'owner'"):
            await _insert(store, _a_row("d1", "d1"), _a_row("d2", "name"))

        assert (await store.read(lambda registry: registry.statistics("t"))).total == 1

    @pytest.mark.parametrize(
        "rows",
        [
            (_a_row("d"), _a_row("d")),
            (_a_row("d", "name"), _a_row("e", "name")),
            (_a_row("d", "name", "name"),),
        ],
    )
    async def test_new_rows_must_differ(self, store: Store, rows: Sequence[NewDevice]) -> None:
        """The same id or auth-id twice is refused."""
        with pytest.raises(AlreadyExists):
            await _insert(store, *rows)
        assert await _texts(store, after=None, limit=10) == []

    async def test_creations_are_journaled_as_lines_of_their_own(self, store: Store) -> None:
        """They are what `add_journal` would have left."""
        actor = Actor(via="import", name="job")
        lines = [
            JournalEntry(
                sequence=0,
                at=START,
                actor=str(actor),
                action="created",
                resource="device",
                tenant_id=tenant_id,
                resource_id=each,
            )
            for tenant_id in ("t", "u")
            for each in ("a", "b", "c")
        ]
        await store.write(lambda registry: registry.add_journal(actor, START, lines[:3]))
        await store.write(
            lambda registry: registry.add_creations(actor, START, "u", ["a", "b", "c"])
        )

        def journal(registry: Snapshot) -> list[JournalEntry]:
            found = [
                entry
                for tenant_id in ("t", "u")
                for entry in reversed(
                    registry.page_journal(tenant_id, resource_id=None, before=None, limit=10)
                )
            ]
            return [entry.model_copy(update={"sequence": 0}) for entry in found]

        assert await store.read(journal) == lines

    @_property
    @given(ids=_IDS, limit=st.integers(1, 7))
    async def test_pages_of_texts_show_each_device_once(
        self, store: Store, ids: list[str], limit: int
    ) -> None:
        """In the order of ids, with the documents of their credentials in order."""
        await store.write(lambda registry: registry.delete_devices("t", limit=1000))
        rows = [_a_row(each, f"{each}z", f"{each}a") for each in ids]
        await _insert(store, *rows)
        found: list[DeviceTexts] = []
        while page := await _texts(
            store, after=found[-1].device_id if found else None, limit=limit
        ):
            assert len(page) <= limit
            found.extend(page)

        by_id = sorted(rows, key=lambda row: row.device_id.encode())
        assert found == [
            DeviceTexts(
                row.device_id,
                row.enabled,
                0,
                row.document,
                tuple(each.document for each in row.credentials),
            )
            for row in by_id
        ]

    async def test_texts_are_of_one_tenant(self, store: Store) -> None:
        """Another tenant's devices and credentials are not read."""
        await _insert(store, _a_row("d"))
        await store.write(
            lambda registry: registry.put_devices([(a_device("u", "d"), [a_credential("d")])])
        )
        (row,) = await _texts(store, after=None, limit=10)
        assert row.credentials == ()

    async def test_a_tenant_is_there_or_not(self, store: Store) -> None:
        """Devices alone make no tenant."""
        await _insert(store, _a_row("d"))
        assert not await store.read(lambda registry: registry.has_tenant("t"))
        await store.write(lambda registry: registry.insert_tenant(a_tenant("t")))
        assert await store.read(lambda registry: registry.has_tenant("t"))
