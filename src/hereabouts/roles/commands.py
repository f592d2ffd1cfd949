"""The operator's commands: what a running server does for them, and what is done on its store.

One line of JSON each way: `{"command": "user list", …}` and `{"ok": …}` or `{"error": "…"}`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any

import msgspec

from hereabouts.base.refusal import Malformed, Refusal
from hereabouts.base.units import NEVER, Moment
from hereabouts.policy.stored import KIND as POLICY
from hereabouts.presence import presentities, publication, relay, subscription, watchers
from hereabouts.presence.pidf.document import Basic, Document, Note, PresenceTuple
from hereabouts.presence.pidf.writer import write
from hereabouts.presence.publication import Publication
from hereabouts.presence.questions import Decision
from hereabouts.presence.subscription import SUBSTATES, Subscription
from hereabouts.presence.watchers import Approval
from hereabouts.roles.decisions import Decisions
from hereabouts.roles.policy_commands import PolicyCommands, details
from hereabouts.roles.presentities import Lists
from hereabouts.sip import registrar
from hereabouts.sip.credentials import User, has_password, new_user
from hereabouts.sip.domains import Domains
from hereabouts.sip.guard import USERS
from hereabouts.sip.registrar import EVER
from hereabouts.storage.interface import Conflict, Store

Arguments = dict[str, Any]

Command = Callable[[Arguments, Moment], Awaitable[object]]
"What a command does with its arguments; what it returns is the answer, as JSON."

_UNREADABLE = (msgspec.DecodeError, UnicodeError, RecursionError)
"What comes of lines that are no JSON, no UTF-8, or too deep."

LOCAL = "local"
"The slot of what is published on this machine, by other means than SIP."


OWNED = (
    publication.KIND,
    registrar.KIND,
    relay.KIND,
    watchers.KIND,
    presentities.KIND,
    POLICY,
)
"What a user has besides subscriptions, by his address-of-record."

_NOBODY = new_user("nobody", "nowhere", "nothing")


class CommandRefused(Malformed):
    """A command that cannot be carried out; the text says why and what to do."""


class Commands:
    """Everything that an operator can have done to a store."""

    def __init__(
        self, store: Store, domains: Domains, realm: str, decisions: Decisions | None = None
    ) -> None:
        self._store = store
        self._domains = domains
        self._realm = realm
        self._made = decisions
        self._table: dict[str, Command] = {
            "ping": self._ping,
            "user add": self._add_user,
            "user list": self._list_users,
            "user remove": self._remove_user,
            "presence set": self._set_presence,
            "watchers list": self._list_watchers,
            "watchers decide": self._decide,
            "user verify": self._verify_user,
            "policy decisions": self._policy_decisions,
            **PolicyCommands(store, domains).table,
        }
        self.lists = Lists(store, self._presentity, domains.meant)
        self.add(self.lists.table)

    def add(self, more: Mapping[str, Command]) -> None:
        """Take these commands too."""
        self._table |= more

    async def answer(self, line: bytes, now: Moment) -> bytes:
        """The reply to one line, a line itself."""
        name = ""
        try:
            arguments = msgspec.json.decode(line, type=dict[str, Any])
            name = str(arguments.pop("command", ""))
            command = self._table.get(name)
            if command is None:
                raise CommandRefused(f"there is no command {name!r}")
            reply = {"ok": await command(arguments, now)}
        except KeyError as fault:
            reply = {"error": f"the command {name!r} needs {fault.args[0]!r}", **details(fault)}
        except (Malformed, Refusal, *_UNREADABLE) as fault:
            reply = {"error": str(fault), **details(fault)}
        return msgspec.json.encode(reply) + b"\n"

    async def _ping(self, _arguments: Arguments, _now: Moment) -> object:
        return {"domains": list(self._domains.names)}

    async def _add_user(self, arguments: Arguments, now: Moment) -> object:
        name, domain = self._split(str(arguments["user"]))
        user = new_user(name, self._realm, str(arguments["password"]), domain=domain)
        key = (USERS, domain, name)
        entry = await self._store.get(key, now.timestamp)
        if entry is not None and not arguments.get("replace"):
            raise CommandRefused(f"{name}@{domain} is there already; --replace sets a new password")
        await self._store.put(key, user, entry)
        return f"{name}@{domain}"

    async def _list_users(self, _arguments: Arguments, now: Moment) -> object:
        return [
            f"{name}@{domain}"
            for domain in self._domains.names
            for name in await self._store.under(USERS, domain, now.timestamp)
        ]

    async def _remove_user(self, arguments: Arguments, now: Moment) -> object:
        name, domain = self._split(str(arguments["user"]))
        key = (USERS, domain, name)
        entry = await self._store.get(key, now.timestamp)
        if entry is None:
            raise CommandRefused(f"there is no user {name}@{domain}")
        # He goes first: a server that hears of it ends his subscriptions before it tells the rest.
        await self._store.delete(key, entry)
        await erase(self._store, f"sip:{name}@{domain}")
        return f"{name}@{domain}"

    async def _verify_user(self, arguments: Arguments, now: Moment) -> object:
        """The address of the user whose password this is; nothing, if it is nobody's."""
        name, domain = self._split(str(arguments["user"]))
        entry = await self._store.get((USERS, domain, name), now.timestamp)
        # An unknown user costs as much as a wrong password: who is known does not show.
        user = entry.record if entry is not None else _NOBODY
        assert isinstance(user, User)
        is_right = has_password(user, str(arguments["password"]))
        return f"sip:{name}@{domain}" if is_right and entry is not None else None

    async def _set_presence(self, arguments: Arguments, now: Moment) -> object:
        """Publish for a user by other means than SIP, as a PUA on this machine does."""
        presentity = self._domains.meant(str(arguments["user"]))
        basic = str(arguments.get("basic", "open"))
        if basic not in ("open", "closed"):
            raise CommandRefused("basic is open or closed")
        notes = (Note(str(arguments["note"])),) if arguments.get("note") else ()
        document = Document(presentity, (PresenceTuple("local", Basic(basic), notes=notes),))
        key = (publication.KIND, presentity, LOCAL)
        entry = await self._store.get(key, now.timestamp)
        kept = Publication(NEVER, write(document), "", now.timestamp)
        await self._store.put(key, kept, entry)
        return {"presentity": presentity, "basic": basic}

    async def _list_watchers(self, arguments: Arguments, now: Moment) -> object:
        presentity = self._domains.meant(str(arguments["user"]))
        rows = []
        entries = await self._store.under(subscription.KIND, presentity, now.timestamp)
        for entry in entries.values():
            record = entry.record
            assert isinstance(record, Subscription)
            substate = SUBSTATES.get(record.standing)
            if substate is not None:
                left = int(record.expires_at - now.timestamp)
                rows.append(
                    {
                        "watcher": record.watcher,
                        "state": substate,
                        "sees": record.standing.name.lower(),
                        "expires_in": left,
                    }
                )
        return {"watchers": rows, "decisions": await self._decisions(presentity, now)}

    async def _decisions(self, presentity: str, now: Moment) -> dict[str, str]:
        approvals = await self._store.under(watchers.KIND, presentity, now.timestamp)
        return {
            watcher: entry.record.decision.value
            for watcher, entry in approvals.items()
            if isinstance(entry.record, Approval)
        }

    async def _decide(self, arguments: Arguments, now: Moment) -> object:
        presentity = await self._presentity(str(arguments["user"]), now)
        watcher = self._domains.meant(str(arguments["watcher"]))
        try:
            decision = Decision(arguments["decision"])
        except ValueError:
            known = ", ".join(decision.value for decision in Decision)
            raise CommandRefused(f"a decision is one of {known}") from None
        key = (watchers.KIND, presentity, watcher)
        entry = await self._store.get(key, now.timestamp)
        await self._store.put(key, Approval(decision=decision), entry)
        return {"watcher": watcher, "decision": decision.value}

    async def _policy_decisions(self, arguments: Arguments, now: Moment) -> object:
        """What policies have decided lately for a user, and why."""
        owner = await self._presentity(str(arguments["user"]), now)
        if self._made is None:
            raise CommandRefused("decisions are in the memory of a server, and none is running")
        return {"owner": owner, "decisions": self._made.of(owner)}

    async def _presentity(self, text: str, now: Moment) -> str:
        """The address of a user; where a domain has none, anybody's there, as everybody is served.

        Raises:
            CommandRefused: it is nobody's.
        """
        name, domain = self._split(text)
        is_user = await self._store.get((USERS, domain, name), now.timestamp) is not None
        if not is_user and await self._store.under(USERS, domain, now.timestamp):
            raise CommandRefused(f"there is no user {name}@{domain}")
        return f"sip:{name}@{domain}"

    def _split(self, text: str) -> tuple[str, str]:
        name, _, domain = self._domains.meant(text).removeprefix("sip:").rpartition("@")
        if domain not in self._domains.names:
            raise CommandRefused(
                f"{domain} is not served here; the domains are {', '.join(self._domains.names)}"
            )
        return name, domain


async def erase(store: Store, address_of_record: str) -> None:
    """Delete what a user had, so that the next of his name does not inherit it."""
    for kind in OWNED:
        while entries := await store.under(kind, address_of_record, EVER):
            for name, entry in entries.items():
                # A command that is begun again, as after other conflicts, would find no user.
                with suppress(Conflict):
                    await store.delete((kind, address_of_record, name), entry)
