"""The rules of the architecture, as tables: who may import whom, and who may touch the world."""

from __future__ import annotations

from enum import Enum, auto

TOP = "hereabouts"

# Lowest first. A package imports itself and what stands on an earlier line; those that share a
# line do not know each other. A new package gets its place here first.
LAYERS: tuple[frozenset[str], ...] = (
    frozenset({"native"}),
    frozenset({"base"}),
    frozenset({"storage"}),
    frozenset({"sip"}),
    frozenset({"presence"}),
    frozenset({"policy"}),
    frozenset({"http", "console", "net", "devices", "config"}),
    frozenset({"roles"}),
    frozenset({"client"}),
    frozenset({"demo"}),
    frozenset({"cli"}),
    frozenset({"__init__", "__main__"}),
)

# What may be seen of `storage` from outside it. `roles` alone chooses a backend, and drives what
# suspends; `net` moves bytes and never learns that something is stored.
STORAGE_MODULES_SEEN = frozenset({"interface"})
SEE_ALL_OF_STORAGE = frozenset({"roles"})
SEE_NOTHING_OF_STORAGE = frozenset({"net"})

# What anybody may have from the top of the package itself.
TOP_NAMES_SEEN = frozenset({"__version__"})


class World(Enum):
    """A part of the world outside: what a package without I/O does not touch."""

    LOOP = auto()  # the event loop and its tasks
    NETWORK = auto()
    CLOCK = auto()
    CHANCE = auto()
    THREADS = auto()  # other processes and signals too
    FILES = auto()  # databases, the terminal and the environment too


EVERYTHING = frozenset(World)

# A package that is not listed does no I/O at all.
MAY_TOUCH: dict[str, frozenset[World]] = {
    "native": frozenset({World.FILES}),  # a variable of the environment turns it off
    "storage": EVERYTHING,
    "net": EVERYTHING,
    "http": frozenset({World.LOOP, World.NETWORK, World.CLOCK}),
    "client": EVERYTHING,
    "demo": frozenset({World.LOOP}),
    "cli": EVERYTHING,
    "__main__": EVERYTHING,
    "roles": frozenset({World.LOOP}),
    "config": frozenset({World.FILES}),
    "devices": frozenset({World.FILES}),  # a device that is a file is read where it lies
}

# Names of the standard library, and of our own compiled modules, each with all that is below it.
# The longest that fits counts; `None` is harmless after all.
TOUCHES: dict[str, World | None] = {
    "asyncio": World.LOOP,
    "selectors": World.LOOP,
    "select": World.LOOP,
    "hereabouts.native.choice.datagrams": World.NETWORK,
    "hereabouts.native.datagrams": World.NETWORK,
    "hereabouts.native.choice.syncing": World.THREADS,
    "hereabouts.native.syncing": World.THREADS,
    "socket": World.NETWORK,
    "socketserver": World.NETWORK,
    "ssl": World.NETWORK,
    "dns": World.NETWORK,
    "http": World.NETWORK,
    "http.HTTPStatus": None,
    "urllib.request": World.NETWORK,
    "smtplib": World.NETWORK,
    "time": World.CLOCK,
    "sched": World.CLOCK,
    "datetime.datetime.now": World.CLOCK,
    "datetime.datetime.utcnow": World.CLOCK,
    "datetime.datetime.today": World.CLOCK,
    "datetime.date.today": World.CLOCK,
    "email.utils.formatdate": World.CLOCK,
    "email.utils.localtime": World.CLOCK,
    "email.utils.make_msgid": World.CHANCE,
    "random": World.CHANCE,
    "secrets": World.CHANCE,
    "uuid.uuid1": World.CHANCE,
    "uuid.uuid4": World.CHANCE,
    "threading": World.THREADS,
    "concurrent": World.THREADS,
    "multiprocessing": World.THREADS,
    "subprocess": World.THREADS,
    "signal": World.THREADS,
    "queue": World.THREADS,
    "os": World.FILES,
    "os.urandom": World.CHANCE,
    "os.fsencode": None,
    "os.fsdecode": None,
    "io": World.FILES,
    "io.BytesIO": None,
    "io.StringIO": None,
    "pathlib": World.FILES,
    "pathlib.PurePath": None,
    "pathlib.PurePosixPath": None,
    "shutil": World.FILES,
    "tempfile": World.FILES,
    "glob": World.FILES,
    "fcntl": World.FILES,
    "mmap": World.FILES,
    "sqlite3": World.FILES,
    "open": World.FILES,
    "input": World.FILES,
    "print": World.FILES,
}


def rank(package: str) -> int | None:
    """How high `package` stands, from 0; `None` for one that has no place yet."""
    return next((rank for rank, names in enumerate(LAYERS) if package in names), None)


def world_behind(name: str) -> World | None:
    """The part of the world that the dotted `name` reaches, if it reaches any."""
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        prefix = ".".join(parts[:length])
        if prefix in TOUCHES:
            return TOUCHES[prefix]
    return None
