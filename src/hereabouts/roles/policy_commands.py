"""Commands about policies: what the command line, the local socket, HTTP and the library do."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from hereabouts.base.refusal import Malformed, Refusal
from hereabouts.base.units import Moment, Timestamp
from hereabouts.policy import library
from hereabouts.policy.cpl.compiler import examine
from hereabouts.policy.cpl.finding import Code, Finding, MalformedScript
from hereabouts.policy.library import Kept, NoSuchPolicy, PolicyChanged
from hereabouts.policy.place import AFTER, BEFORE
from hereabouts.policy.stored import KIND, TooManyPolicies
from hereabouts.roles.policy_fields import (
    Arguments,
    Row,
    fields,
    finding_row,
    new_policy,
    point_named,
    row,
    script_of,
)
from hereabouts.sip.domains import Domains
from hereabouts.storage.interface import Entry, Key, Store, Version

MOST_FOUND = 1000
"Policies that one search finds."

ANY = "*"
"Of a condition: whatever is there."


class ConditionRequired(Refusal):
    """What is there would be lost unread; RFC 6585 section 3."""

    status = 428


class PolicyCommands:
    """What can be done about the policies in a store."""

    def __init__(self, store: Store, domains: Domains) -> None:
        self._store = store
        self._domains = domains
        self._owners: _Owners | None = None
        self.table: dict[str, Callable[[dict[str, Any], Moment], Awaitable[object]]] = {
            "policy create": self._create,
            "policy put": self._put,
            "policy update": self._update,
            "policy delete": self._delete,
            "policy fetch": self._fetch,
            "policy search": self._search,
            "policy applicable": self._applicable,
            "policy check": self._check,
        }

    # -- writing

    async def _create(self, arguments: Arguments, now: Moment) -> object:
        owner, policy_id = self._key(arguments)
        policy = new_policy(arguments)
        kept = await library.create(self._store, owner, policy_id, policy, now.timestamp)
        return row(owner, kept)

    async def _put(self, arguments: Arguments, now: Moment) -> object:
        """Create a policy or write it anew; what is not said of one that is there stays."""
        owner, policy_id = self._key(arguments)
        there = await self._find(owner, policy_id, now)
        _check_conditions(arguments, there)
        if there is None:
            policy = new_policy(arguments)
            kept = await library.create(self._store, owner, policy_id, policy, now.timestamp)
        else:
            if arguments.get("is_careful") and "if_match" not in arguments:
                raise ConditionRequired(
                    f"there is a policy {policy_id!r} already; to replace it, name its entity-tag"
                    f' in If-Match: "{there.entity_tag}"'
                )
            kept = await self._change(owner, there, arguments, now)
        return row(owner, kept) | {"is_new": there is None}

    async def _update(self, arguments: Arguments, now: Moment) -> object:
        owner, policy_id = self._key(arguments)
        there = await library.fetch(self._store, owner, policy_id, now.timestamp)
        _check_conditions(arguments, there)
        return row(owner, await self._change(owner, there, arguments, now))

    async def _change(self, owner: str, there: Kept, arguments: Arguments, now: Moment) -> Kept:
        changes = fields(arguments)
        tag = there.entity_tag
        return await library.update(
            self._store, owner, there.id, changes, now.timestamp, if_match=tag
        )

    async def _delete(self, arguments: Arguments, now: Moment) -> object:
        owner, policy_id = self._key(arguments)
        there = await library.fetch(self._store, owner, policy_id, now.timestamp)
        _check_conditions(arguments, there)
        tag = there.entity_tag
        await library.delete(self._store, owner, policy_id, now.timestamp, if_match=tag)
        return {"owner": owner, "id": policy_id}

    # -- reading

    async def _fetch(self, arguments: Arguments, now: Moment) -> object:
        owner, policy_id = self._key(arguments)
        kept = await library.fetch(self._store, owner, policy_id, now.timestamp)
        return row(owner, kept) | {"script": script_of(kept)}

    async def _search(self, arguments: Arguments, now: Moment) -> object:
        """The policies of one owner, or of all; those about a point, those with a text in them."""
        point = point_named(arguments["point"]) if arguments.get("point") else None
        text = str(arguments.get("text") or "")
        rows: list[Row] = []
        for owner in self._sought(arguments):
            found = await library.search(self._store, owner, now.timestamp, point=point, text=text)
            rows += [row(owner, kept) for kept in found]
            if len(rows) > MOST_FOUND:
                raise Malformed(f"more than {MOST_FOUND} policies are found; search for less")
        return rows

    async def _applicable(self, arguments: Arguments, now: Moment) -> object:
        """What applies to an owner at a point, now or later, in order, with the scripts.

        These are steps -2 and -3 of the thesis' figures, for an agent on another machine.
        """
        owner, point = self._owner(arguments), point_named(arguments["point"])
        rows: list[Row] = []
        for holder in (BEFORE, owner, AFTER):
            found = await library.search(self._store, holder, now.timestamp, point=point)
            rows += [
                row(holder, kept) | {"script": script_of(kept)}
                for kept in found
                if kept.policy.is_enabled and now.timestamp < kept.policy.valid_until
            ]
        return rows

    async def _check(self, arguments: Arguments, now: Moment) -> object:
        findings, is_accepted = check(str(arguments["script"]).encode(), now.timestamp)
        return {"is_accepted": is_accepted, "findings": list(map(finding_row, findings))}

    # -- finding

    def _key(self, arguments: Arguments) -> tuple[str, str]:
        return self._owner(arguments), str(arguments["id"])

    def _owner(self, arguments: Arguments) -> str:
        return owner_meant(str(arguments["owner"]), self._domains)

    def _sought(self, arguments: Arguments) -> Iterable[str]:
        if arguments.get("owner"):
            return (self._owner(arguments),)
        if self._owners is None:
            self._owners = _Owners(self._store)
        return self._owners.all()

    async def _find(self, owner: str, policy_id: str, now: Moment) -> Kept | None:
        try:
            return await library.fetch(self._store, owner, policy_id, now.timestamp)
        except NoSuchPolicy:
            return None


class _Owners:
    """Who has policies."""

    def __init__(self, store: Store) -> None:
        self._policies: dict[str, set[str]] = {}
        for key, entry, version in store.changes(0, self._changed):
            self._changed(key, entry, version)

    def all(self) -> list[str]:
        return sorted(self._policies)

    def _changed(self, key: Key, entry: Entry | None, _version: Version) -> None:
        kind, owner, policy_id = key
        if kind != KIND:
            return
        policies = self._policies.setdefault(owner, set())
        if entry is not None:
            policies.add(policy_id)
        else:
            policies.discard(policy_id)
        if not policies:
            del self._policies[owner]


def owner_meant(text: str, domains: Domains) -> str:
    """The owner that a person means: an address, or one of the two of administrators' policies.

    Raises:
        Malformed: it is none.
    """
    return text if text in (BEFORE, AFTER) else domains.meant(text)


def details(fault: Exception) -> dict[str, object]:
    """What programs are told of a refusal besides its text: an HTTP status, and the findings."""
    match fault:
        case TooManyPolicies():
            return {"status": 409}
        case Refusal():
            return {"status": fault.status}
        case MalformedScript(findings=findings):
            is_too_long = any(finding.code is Code.SIZE for finding in findings)
            rows = list(map(finding_row, findings))
            return {"status": 413 if is_too_long else 400, "findings": rows}
    return {"status": 400}


def check(script: bytes, now: Timestamp) -> tuple[tuple[Finding, ...], bool]:
    """What is found in a script, and whether it is accepted all the same."""
    try:
        return examine(script, now)[1], True
    except MalformedScript as fault:
        return fault.findings, False


def _check_conditions(arguments: Arguments, there: Kept | None) -> None:
    """Go on if what is there is what the writer expects.

    Raises:
        PolicyChanged: it is not.
    """
    if_match, if_none_match = arguments.get("if_match"), arguments.get("if_none_match")
    if if_match is not None and not _is_named(if_match, there):
        raise PolicyChanged("the policy is not as you have read it: fetch it again")
    if if_none_match is not None and _is_named(if_none_match, there):
        raise PolicyChanged("there is such a policy already")


def _is_named(condition: object, there: Kept | None) -> bool:
    """Whether a condition, `*`, a tag or a list of tags, names what is there."""
    if there is None:
        return False
    tags = condition if isinstance(condition, list) else [condition]
    return condition == ANY or there.entity_tag in tags
