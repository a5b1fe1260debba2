"""Every check of a configuration, all findings at once: those of identityd 4.4, and more."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Sequence

from registry_backend.domain.findings import Finding
from registry_backend.identityd import (
    checks_folder,
    checks_principals,
    checks_reading,
    checks_settings,
)
from registry_backend.identityd.report import Report
from registry_backend.identityd.users import Users
from registry_backend.identityd.whole import Whole

Check = Callable[[Report], None]

OF_CONTENT: tuple[Check, ...] = (
    checks_reading.check_files,
    checks_reading.check_values,
    checks_reading.check_unknown_keys,
    checks_reading.check_other_sources,
    checks_principals.check_names_unique,
    checks_principals.check_local_domain,
    checks_principals.check_local_options,
    checks_principals.check_hub_types,
    checks_principals.check_uids,
    checks_principals.check_root,
    checks_principals.check_untyped,
    checks_principals.check_types,
    checks_principals.check_module_names,
    checks_principals.check_certificate_names,
    checks_settings.check_hostname,
    checks_settings.check_homedir,
    checks_settings.check_max_requests,
    checks_settings.check_endpoints,
    checks_settings.check_provisioning,
)
"""What an edit of a file can break."""

OF_PLACE: tuple[Check, ...] = (
    checks_principals.check_users,
    checks_folder.check_absence,
    checks_folder.check_passed_over,
    checks_folder.check_strays,
    checks_folder.check_access,
)
"""What depends on this machine and on how the files lie there."""


def check(
    whole: Whole, users: Users, checks: Sequence[Check] = (*OF_CONTENT, *OF_PLACE)
) -> tuple[Finding, ...]:
    """Everything amiss, file by file in the daemon's order, and by line within each.

    Args:
        whole: The configuration.
        users: Whom uids belong to.
        checks: Which checks to make.
    """
    report = Report(whole, users)
    for one in checks:
        one(report)
    order = {file.path: number for number, file in enumerate(whole.config.files)}
    return tuple(
        sorted(
            report.findings,
            key=lambda at: (
                order.get(at.file, len(order)),
                os.fsencode(at.file),
                at.line,
                at.column,
            ),
        )
    )


def introduced(before: Sequence[Finding], after: Sequence[Finding]) -> tuple[Finding, ...]:
    """What is amiss more often after an edit than it was before: not the fault of older edits."""
    known = {(found.rule, found.message) for found in before}
    more = Counter((found.rule, found.subject) for found in after)
    more.subtract((found.rule, found.subject) for found in before)
    # Those that were not there in the same words are the likelier ones.
    likelier = sorted(after, key=lambda found: (found.rule, found.message) in known)
    fresh = []
    for found in likelier:
        kind = found.rule, found.subject
        if more[kind] > 0:
            more[kind] -= 1
            fresh.append(found)
    return tuple(fresh)
