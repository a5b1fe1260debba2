"""The dialogs that add, change and remove a tenant's trust anchors."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from console.dialogs.choose import Choice, ChooseScreen
from console.dialogs.confirm import ConfirmScreen
from console.forms.certificates import certificate_of
from console.forms.fields import Values
from console.forms.tenants import anchor_document, anchor_fields
from console.panes.editing import DocumentEdit, LeftOpen
from console.panes.files import read_named_file
from console.render.expiry import window
from console.render.tenants import anchor_name
from registry_backend.domain.document import JsonObject
from registry_backend.domain.errors import FieldProblem, Invalid, RegistryError
from registry_backend.domain.tenants import Tenant, TrustAnchor

if TYPE_CHECKING:
    from console.panes.tenants import TenantsPane

_ADD = "add"


class TrustAnchorDialogs:
    """What a person may do to the trust anchors of one tenant.

    Args:
        pane: Shows the dialogs and the outcome.
        edit: The change of the tenant.
        now: The present.
    """

    def __init__(self, pane: TenantsPane, edit: DocumentEdit[Tenant], now: datetime) -> None:
        self._pane, self._edit, self._now = pane, edit, now
        self._tenant = edit.base
        self._anchors = self._tenant.attributes.trusted_ca

    async def choose(self) -> None:
        """List the anchors, and what can be done to the one chosen."""
        choices = [
            *(self._choice(index, anchor) for index, anchor in enumerate(self._anchors)),
            Choice(_ADD, "Add a trust anchor", "from a certificate file", "a"),
        ]
        title = f"Trust anchors of {self._tenant.tenant_id}"
        chosen = await self._pane.ask(ChooseScreen(title, choices))
        if chosen == _ADD:
            await self._add()
        elif chosen is not None:
            await self._change_or_remove(int(chosen))

    def _choice(self, index: int, anchor: TrustAnchor) -> Choice:
        word, _ = window(anchor.not_before, anchor.not_after, self._now)
        return Choice(str(index), anchor_name(anchor), word, str(index + 1) if index < 9 else "")

    async def _change_or_remove(self, index: int) -> None:
        anchor = self._anchors[index]
        choices = (
            Choice("options", "Options", "Provisioning and names", "o"),
            Choice("remove", "Remove", "Devices with its certificates no longer connect", "r"),
        )
        chosen = await self._pane.ask(
            ChooseScreen(anchor_name(anchor), choices, intro=anchor.subject_dn or "")
        )
        if chosen == "options":
            await self._options(index)
        elif chosen == "remove":
            await self._remove(index)

    async def _add(self) -> None:
        async def save(values: Values) -> Tenant:
            content = await read_named_file(values, "cert")
            members = anchor_document({"cert": certificate_of(content, field="cert")}, values)
            return await self._save([*self._listed(), members], len(self._anchors))

        title = f"New trust anchor of {self._tenant.tenant_id}"
        self._pane.saved(await self._pane.fill_form(title, anchor_fields(None), save, submit="Add"))

    async def _options(self, index: int) -> None:
        anchor = self._anchors[index]

        async def save(values: Values) -> Tenant:
            anchors = self._listed()
            anchors[index] = anchor_document(anchors[index], values)
            return await self._save(anchors, index)

        title = f"Trust anchor {anchor_name(anchor)}"
        self._pane.saved(await self._pane.fill_form(title, anchor_fields(anchor), save))

    async def _remove(self, index: int) -> None:
        name = anchor_name(self._anchors[index])
        question = ConfirmScreen(
            f"Remove {name}?",
            f"Devices of {self._tenant.tenant_id} whose certificates it signed cannot connect any "
            "more. To take it back, add its certificate again.",
            confirm="Remove",
        )
        if not await self._pane.ask(question):
            return
        anchors = self._listed()
        del anchors[index]
        try:
            self._pane.saved(await self._save(anchors, index))
        except LeftOpen:
            self._pane.tell("Nothing was removed.")
        except RegistryError as error:
            self._pane.complain(error)

    def _listed(self) -> list[JsonObject]:
        return [anchor.to_json() for anchor in self._anchors]

    async def _save(self, anchors: list[JsonObject], index: int) -> Tenant:
        """Save the list; problems of the anchor at `index` are those of the form."""
        document = self._pane.document(self._tenant)
        document.pop("trusted-ca", None)
        if anchors:
            document["trusted-ca"] = anchors
        try:
            return await self._edit.save(document)
        except Invalid as error:
            if not error.problems:
                raise
            problems = [_of_form(each, index) for each in error.problems]
            raise Invalid(problems=problems, hint=error.hint) from None


def _of_form(problem: FieldProblem, index: int) -> FieldProblem:
    own = f"trusted-ca[{index}]"
    if not problem.field.startswith(own):
        return problem
    return FieldProblem(problem.field.removeprefix(own).removeprefix("."), problem.problem)
