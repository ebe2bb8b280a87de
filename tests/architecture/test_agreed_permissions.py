"""Who may go where, written down a second time: a change of the table is never a slip.

`agreed_permissions.txt` has a line for each address and method: the roles that may, by their first
three letters. Where it differs, look at the lines that are told; put them in if they are meant.
"""

from __future__ import annotations

from pathlib import Path

from klientbro.tenants import permissions
from klientbro.tenants.permissions import Open, Role

AGREED = Path(__file__).with_name("agreed_permissions.txt")


def as_declared() -> list[str]:
    """The lines that the table of permissions says."""
    lines = []
    for name in sorted(permissions.ADDRESSES):
        told = {method: _who(name, method) for method in ("GET", "POST")}
        if told["GET"] == told["POST"]:
            lines.append(f"{name}: {told['GET']}")
        else:
            lines += [f"{name} {method}: {who}" for method, who in told.items()]
    return lines


def _who(name: str, method: str) -> str:
    need = permissions.need_of(name, method)
    if isinstance(need, Open):
        return need.name.lower()
    found = []
    for role in Role:
        always = permissions.allows(permissions.acts_of(role, has_all_clients=False), need)
        all_only = permissions.allows(permissions.acts_of(role), need)
        found += [role[:3] if always else f"{role[:3]}(all)"] if all_only else []
    held = {act.name for act in need or ()}
    return f"{' '.join(found)} [{' '.join(sorted(held))}]"


def roles_as_declared() -> list[str]:
    """Each role's acts."""
    return [
        f"{role}: {' '.join(sorted(act.name for act in rights.acts))}"
        for role, rights in permissions.ROLES.items()
    ]


def test_table_of_permissions_is_as_it_was_agreed() -> None:
    agreed = AGREED.read_text(encoding="utf-8").splitlines()
    declared = [*roles_as_declared(), "", *as_declared()]
    meant = "\n".join(sorted({*declared} - {*agreed}))
    gone = "\n".join(sorted({*agreed} - {*declared}))
    assert declared == agreed, f"declared but not agreed:\n{meant}\nagreed but gone:\n{gone}"
