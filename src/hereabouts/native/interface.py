"""What the compiled modules offer; each has its equal in Python, which decides in every doubt."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Protocol

Parameters = dict[str, str | None]
"As in `sip.parameters`."

NO_ADDRESS = -1
"Why a datagram was not sent: its flow has a name where an address is needed."


class Messages(Protocol):
    """`hereabouts.native.messages`: the ordinary message, read without Python."""

    def prepare(
        self,
        names: dict[str, str],
        single: frozenset[str],
        most_rows: int,
        made: tuple[type, type, type, type, type],
        /,
    ) -> None:
        """Learn what `scan` goes by: before that it gives every message back unread.

        `names` has the known spellings of headers and the long names that they mean (128 at
        most), `single` the long names of which a message has one row. `made` are the classes
        of what is made: a request, from method, URI, rows, headers and body; an ordinary one, whose
        slots are written, and its `__init__` is not called; a response, from status, reason,
        rows, headers and body; an address and a URI, of what the functions of these names give.

        Raises:
            ValueError: there are too many names, or one is no short token.
            TypeError: a field of an ordinary request is no slot of its class.
        """
        ...

    def scan(self, packet: bytes, /) -> Any:  # noqa: ANN401 - one of the two classes given
        """The message in a packet, as `sip.reader` makes it; `None`: let that read it.

        `None` is said to all that is unusual, so a message that comes of it has no fault.
        """
        ...

    def notify_taken(self, packet: bytes, /) -> tuple[str, str] | None:
        """What `sip.glance` says of the same packet."""
        ...

    def answered(
        self,
        arrived: list[tuple[bytes, Any]],
        clients: dict[str, Any],
        users: dict[str, Any],
        /,
    ) -> tuple[list[Any], list[tuple[bytes, Any]]]:
        """What `sip.glance` makes of all that a burst has brought."""
        ...

    def learn_transactions(self, transaction: type, flow: type, ended: object, /) -> None:
        """Learn what transactions are, where they lead, and how one stands that has ended.

        Before that, and before `learn_kinds`, nothing is done with any.

        Raises:
            TypeError: a field that is read is no slot of its class.
        """
        ...

    def learn_kinds(
        self, server: object, client: object, trying: object, completed: object, /
    ) -> None:
        """Learn the kinds of transactions but of INVITEs, and how they stand.

        That is before there is any answer, and behind it.
        """
        ...

    def learn_incoming(self, incoming: type, hop: type, /) -> None:
        """Learn what `arrive` makes of a request, and of its topmost Via.

        Raises:
            TypeError: as above.
        """
        ...

    def learn_dialogs(self, dialog: type, uri: type, /) -> None:
        """Learn what `accepted` makes, and what it goes by: before that it makes nothing.

        Raises:
            TypeError: as above.
        """
        ...

    def accepted(self, request: object, local_tag: str, /) -> Any:  # noqa: ANN401 - a dialog
        """The dialog that `sip.dialog.accepted` makes of the same; `None`: let that make it."""
        ...

    def is_straight(self, request: object, flow: object, dialog: object, /) -> bool:
        """Whether `sip.routing.flow_back` gives back the flow itself; `False`: let that see."""
        ...

    def learn_deliveries(self, delivery: type, subscription: type, view: type, /) -> None:
        """Learn what else `notify` writes of: before both it writes nothing.

        Raises:
            TypeError: as above.
        """
        ...

    def notify(
        self,
        delivery: object,
        body: bytes,
        now: float,
        branch: str,
        substates: Mapping[Any, str],
        /,
    ) -> bytes | None:
        """The bytes of a NOTIFY, as `presence.notify` writes it.

        `substates` has the words of `presence.subscription` for how a subscription stands.
        """
        ...

    def notify_usual(
        self,
        left: Iterator[Any],
        now: float,
        branches: Iterator[str],
        substates: Mapping[Any, str],
        known: dict[str, Any] | None,
        written: list[tuple[str, Any, bytes, Any]],
        /,
    ) -> Any:  # noqa: ANN401 - a pair
        """Write NOTIFYs as `presence.notify` does, up to the first that is unusual.

        `left` are pairs of a delivery and its view. The pair that is given back was taken from
        them, and nothing was done with it; `None`: none is left. `known`, where it is given, has
        all that are served: whoever is not among them, has terms, or was shown that, is unusual
        too.
        """
        ...

    def settled(
        self,
        senders: list[tuple[Any, Any]],
        told: object,
        deliveries: dict[str, Any],
        substates: Mapping[Any, str],
        nowhen: float,
        /,
    ) -> tuple[list[tuple[Any, Any]], dict[int, int]]:
        """Of those whose NOTIFYs were taken: who is still to be told, and how many owe what.

        With the others, who are told by `told` and wait for nothing more, all was done as in
        `presence.notify`, but for the changes that were owed: so many for each.
        """
        ...

    def arrive(
        self,
        packet: bytes,
        flow: object,
        servers: dict[str, Any],
        keyed: object,
        /,
    ) -> Any:  # noqa: ANN401 - an incoming request
        """The new request in a packet, as `sip.endpoint` takes it in; `None`: let that look.

        `servers` are the transactions that there are, to which it is not added; `keyed` is the
        hash that a tag is made with. `None` is said to an INVITE, to one that came before, and to
        all that is unusual.
        """
        ...

    def respond(
        self,
        incoming: object,
        start: str,
        headers: Iterable[tuple[str, str]],
        body: bytes,
        outbox: list[Any],
        /,
    ) -> bool:
        """Whether a final answer was put into the outbox, and is kept with its transaction.

        So it is with the first answer to an ordinary request by UDP; else nothing was done.
        `start` is its first line with CRLF.
        """
        ...

    def begin(
        self,
        method: str,
        written: list[tuple[str, Any, bytes, Any]],
        told: Callable[..., None],
        clients: dict[str, Any],
        users: dict[str, Any],
        outbox: list[Any],
        longest: int,
        /,
    ) -> list[Any] | None:
        """The transactions of requests but INVITEs, begun as `sip.endpoint` does.

        `None`: nothing was done, for one has more than `longest` bytes.
        """
        ...

    def released(
        self, packets: list[Any], first: float, repeat_at: float, stop_at: float, /
    ) -> tuple[list[Any], list[Any], list[Any]]:
        """What `sip.leaving` does with packets that have left."""
        ...

    def common_listener(self, packets: list[Any], /) -> int | None:
        """What `sip.leaving` says of packets."""
        ...

    def said(self, packets: list[Any], /) -> list[tuple[bytes, Any]]:
        """The payloads of packets, each with its flow."""
        ...

    def measure(self, transactions: list[Any], /) -> int:
        """How many bytes `sip.lingering` finds in these."""
        ...

    def via(self, text: str, /) -> tuple[str, str, int | None, Parameters] | None:
        """Transport, host, port and parameters of a Via, as `sip.headers.via` finds them.

        `None`, here and below: let that read it, as it is unusual or wrong.
        """
        ...

    def address(self, text: str, /) -> tuple[str, Parameters, str] | None:
        """URI, parameters and display name, as `sip.headers.address` finds them."""
        ...

    def uri(
        self, text: str, /
    ) -> tuple[str, str | None, str, int | None, Parameters, str, str | None] | None:
        """The parts of a URI in the order in which `sip.uri` names them."""
        ...

    def stamp(
        self, method: str, row: str, host: str, port: int, /
    ) -> tuple[tuple[str, str, int | None, Parameters], str, str | None] | None:
        """What `via` says of a row with where it came from entered, and the row that says so.

        As `sip.hop` stamps it, for a row that has one value. Last comes the name of the
        transaction that it gives a request of this method, where that is ordinary.
        """
        ...

    def response(
        self,
        start: str,
        hops: list[str],
        given: dict[str, list[str]],
        to_tag: str | None,
        headers: Iterable[tuple[str, str]],
        body: bytes,
        /,
    ) -> bytes | None:
        """The bytes of a response, as `sip.message` writes it to a request without a fault.

        `start` is its first line with CRLF, `hops` are its Vias, `given` the request's headers.
        """
        ...


class Datagrams(Protocol):
    """`hereabouts.native.datagrams`: many datagrams a system call."""

    def receive(
        self,
        descriptor: int,
        most: int,
        flows: dict[Any, Any],
        introduce: Callable[[str, int], object],
        /,
    ) -> list[tuple[bytes, Any]]:
        """Datagrams that have arrived at a socket, each with the flow of its peer.

        `flows` has those of peers that are known; for another `introduce` is asked, with address
        and port, and its answer is kept there; if it raises `OSError` the datagram is dropped. An
        error of something sent before takes one of the `most` places and hides nothing.
        """
        ...

    def send(
        self, descriptor: int, family: int, packets: list[Any], start: int, /
    ) -> tuple[int, int]:
        """Send packets from the place `start` on, up to the first that cannot be sent.

        A packet is a tuple of a flow, its payload, and more. The place of the one that could not
        be sent, and why: an errno, or `NO_ADDRESS`; or the length of the list, and 0.
        """
        ...


class SyncingLog(Protocol):
    """A log that a thread of its owner syncs, by calling `work` over and over."""

    def work(self) -> bool:
        """Sync what is asked for, without the interpreter, until something else is to be done.

        True: a checkpoint is due. False: it was stopped.
        """
        ...

    def written(self, turn: int, rows: int, pages: int, /) -> None:
        """Ask for this turn, and all before it; ignored between a failed sync and `resume`.

        By its rows it is a small one, or a large one; `pages` is about how many it has changed.
        """
        ...

    def resume(self) -> None:
        """Sync again after a failure."""
        ...

    def news(self) -> tuple[int, int]:
        """The newest turn on disk, and the errno of a failed sync, if it was not told yet, or 0."""
        ...

    def stop(self) -> None:
        """Let `work` return when all that was asked for is done."""
        ...


class Syncing(Protocol):
    """`hereabouts.native.syncing`: a log is synced by a thread without the interpreter."""

    Log: Callable[[int, int, int, float], SyncingLog]
    """A log by its descriptor, an eventfd to write when there is news, the pages after which a
    checkpoint is due, and the seconds that a small turn after a large one waits for others."""


class Trees(Protocol):
    """`hereabouts.native.trees`: the ordinary document, read without Python or expat."""

    def prepare(self, tree: type, node: type, attribute: type, /) -> None:
        """Learn what `read` builds of: before that it gives every document back unread.

        The classes are those of `base.xml`, or are made from the same: a tree from its root and
        its prefixes, a node from namespace, name, attributes, text and children, an attribute
        from namespace, name and value.
        """
        ...

    def read(self, document: bytes, maximum_depth: int, /) -> Any:  # noqa: ANN401 - a tree
        """The tree of a document in UTF-8, as `base.xml` makes it; `None`: let that read it.

        `None` is said to all that is unusual or wrong: a DOCTYPE, text between elements, CDATA, an
        instruction, a name beyond ASCII, and what is very long or deep.
        """
        ...


class Documents(Protocol):
    """`hereabouts.native.documents`: the ordinary presence document: read, composed, written."""

    def prepare(
        self, classes: tuple[type, ...], open_: object, closed: object, prefixes: dict[str, str], /
    ) -> None:
        """Learn what documents are made of: before that it gives every one back.

        The classes are the tree, node and attribute of `base.xml`, and the document, tuple, person,
        device, note and contact of `presence.pidf`; `open_` and `closed` what a status may be,
        `prefixes` those that are fixed, by their namespaces.

        Raises:
            TypeError: there are more or less of them, or one does not have its fields as slots.
        """
        ...

    def understand(self, tree: object, /) -> Any:  # noqa: ANN401 - a document
        """The document in a tree, as `presence.pidf.reader` finds it; `None`: let that look.

        `None` is said to all that is unusual or wrong: occurrences without an identifier of their
        own, a status in other words than `open` and `closed`, a date that is none.
        """
        ...

    def compose(self, presentity: str, slot: str, document: object, /) -> Any:  # noqa: ANN401
        """What `presence.composition` makes of a publication that is the only one; or `None`."""
        ...

    def write(self, document: object, /) -> bytes | None:
        """The bytes that `presence.pidf.writer` writes, or `None`: let that write them."""
        ...

    def write_timeless(self, document: object, /) -> bytes | None:
        """The same of what it writes without timestamps."""
        ...
