"""The policies that are kept: created, stored, updated, deleted, searched and fetched.

A script is kept as it was written, and compiled anew by whoever runs it: so an upgrade can read it
its own way. What is compiled stays in memory, within a bound.

Whoever changes something begins again at a `Conflict` of the store, as every handler does: by then
an entity-tag that was overtaken is refused.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from msgspec.structs import replace

from hereabouts.base.refusal import Refusal
from hereabouts.base.units import Timestamp
from hereabouts.policy.compilations import Compilations
from hereabouts.policy.cpl.compiler import examine
from hereabouts.policy.cpl.finding import Finding
from hereabouts.policy.engine import Policy, in_order
from hereabouts.policy.place import AFTER, BEFORE
from hereabouts.policy.point import Point
from hereabouts.policy.stored import KIND, StoredPolicy, changed, check, check_room
from hereabouts.storage.interface import Entry, Store

_COMPILED = Compilations(4_194_304)


class NoSuchPolicy(Refusal):
    """The owner has no policy of this id."""

    status = 404


class PolicyChanged(Refusal):
    """The policy is not, or no longer, as the writer believes."""

    status = 412


class Kept(msgspec.Struct, frozen=True):
    """A policy in the library."""

    id: str
    policy: StoredPolicy
    entity_tag: str
    "Names this version of it; a change made with another is refused."
    findings: tuple[Finding, ...] = ()
    "What is doubtful about its script, if that was looked at just now."


async def create(
    store: Store, owner: str, policy_id: str, policy: StoredPolicy, now: Timestamp
) -> Kept:
    """Keep a new policy.

    Raises:
        MalformedScript: the script is refused; carries the findings.
        MalformedPolicy: something else about it is.
        PolicyChanged: there is one of this id.
        TooManyPolicies: there are enough already.
    """
    entries = await _all(store, owner, now)
    if policy_id in entries:
        raise PolicyChanged(f"there is a policy {policy_id!r} already")
    return await _keep(store, owner, policy_id, policy, entries, now)


async def put(
    store: Store,
    owner: str,
    policy_id: str,
    policy: StoredPolicy,
    now: Timestamp,
    *,
    if_match: str | None = None,
) -> Kept:
    """Keep a policy, in place of the one of this id if there is one.

    Raises:
        MalformedScript: the script is refused; carries the findings.
        MalformedPolicy: something else about it is.
        PolicyChanged: `if_match` is given and names another version.
        TooManyPolicies: there are enough already.
    """
    entries = await _all(store, owner, now)
    _match(entries.get(policy_id), if_match)
    return await _keep(store, owner, policy_id, policy, entries, now)


async def update(
    store: Store,
    owner: str,
    policy_id: str,
    changes: Mapping[str, object],
    now: Timestamp,
    *,
    if_match: str | None = None,
) -> Kept:
    """Change some fields of a policy, by the names they have in `StoredPolicy`.

    Raises:
        NoSuchPolicy: there is none of this id.
        MalformedPolicy: there is no such field, or it cannot have that value.
        MalformedScript, PolicyChanged, TooManyPolicies: as `put`.
    """
    entries = await _all(store, owner, now)
    entry = _existing(entries, policy_id)
    _match(entry, if_match)
    policy = changed(_record(entry), changes)
    return await _keep(store, owner, policy_id, policy, entries, now)


async def delete(
    store: Store, owner: str, policy_id: str, now: Timestamp, *, if_match: str | None = None
) -> None:
    """Remove a policy.

    Raises:
        NoSuchPolicy: there is none of this id.
        PolicyChanged: `if_match` names another version.
    """
    entry = _existing(await _all(store, owner, now), policy_id)
    _match(entry, if_match)
    await store.delete((KIND, owner, policy_id), entry)


async def fetch(store: Store, owner: str, policy_id: str, now: Timestamp) -> Kept:
    """A policy.

    Raises:
        NoSuchPolicy: there is none of this id.
    """
    entries = await _all(store, owner, now)
    return _kept(policy_id, _existing(entries, policy_id))


async def search(
    store: Store, owner: str, now: Timestamp, *, point: Point | None = None, text: str = ""
) -> tuple[Kept, ...]:
    """The policies of an owner, by priority: those about a point, those with a text in them.

    The text is looked for in id, name and script, whatever its case.
    """
    wanted = text.casefold()
    found = [_kept(name, entry) for name, entry in (await _all(store, owner, now)).items()]
    fitting = [
        kept
        for kept in found
        if (point is None or point in kept.policy.points) and wanted in _searched(kept)
    ]
    return tuple(sorted(fitting, key=lambda kept: (-kept.policy.priority, kept.id)))


async def applicable(store: Store, owner: str, point: Point, now: Timestamp) -> tuple[Policy, ...]:
    """The policies that are to be asked at a point, ready to run and in their order.

    These are steps -2 and -3 of the point in each figure of the thesis: an administrator's and
    the owner's, enabled, within their dates, that say something about the point.
    """
    found = [
        _ready(holder, policy_id, record)
        for holder in (BEFORE, owner, AFTER)
        for policy_id, record in _records(await _all(store, holder, now)).items()
        if point in record.points and record.applies(now)
    ]
    return tuple(in_order(found))


# -- keeping


async def _keep(
    store: Store,
    owner: str,
    policy_id: str,
    policy: StoredPolicy,
    entries: Mapping[str, Entry],
    now: Timestamp,
) -> Kept:
    check(policy_id, policy)
    script, findings = examine(policy.script, now)
    record = replace(policy, points=script.points)
    others = [each for name, each in _records(entries).items() if name != policy_id]
    check_room(record, others)
    entry = await store.put((KIND, owner, policy_id), record, entries.get(policy_id))
    return msgspec.structs.replace(_kept(policy_id, entry), findings=findings)


# -- finding


async def _all(store: Store, owner: str, now: Timestamp) -> dict[str, Entry]:
    return await store.under(KIND, owner, now)


def _records(entries: Mapping[str, Entry]) -> dict[str, StoredPolicy]:
    return {name: _record(entry) for name, entry in entries.items()}


def _record(entry: Entry) -> StoredPolicy:
    assert isinstance(entry.record, StoredPolicy), entry
    return entry.record


def _existing(entries: Mapping[str, Entry], policy_id: str) -> Entry:
    if policy_id not in entries:
        raise NoSuchPolicy(f"there is no policy {policy_id[:80]!r}")
    return entries[policy_id]


def _match(entry: Entry | None, if_match: str | None) -> None:
    if if_match is not None and (entry is None or if_match != _entity_tag(entry)):
        raise PolicyChanged("the policy has changed since you read it: fetch it again")


def _entity_tag(entry: Entry) -> str:
    return f"{entry.version:x}"


def _kept(policy_id: str, entry: Entry) -> Kept:
    return Kept(policy_id, _record(entry), _entity_tag(entry))


def _searched(kept: Kept) -> str:
    script = kept.policy.script.decode("utf-8", "replace")
    return f"{kept.id}\n{kept.policy.name}\n{script}".casefold()


def _ready(owner: str, policy_id: str, record: StoredPolicy) -> Policy:
    return Policy(
        owner=owner,
        id=policy_id,
        name=record.name,
        priority=record.priority,
        script=_COMPILED.of(record.script),
        valid_until=record.valid_until,
    )
