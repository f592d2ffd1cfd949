"""What a module's text mentions: the names it imports, and the names it uses through them."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple


class Mention(NamedTuple):
    """A dotted name, whole, and the line it stands on."""

    name: str
    line: int


class Module:
    """A module as text: nothing of it is run.

    Imports count wherever they stand, in a function or under `TYPE_CHECKING` as well: a type
    that one must know by name is knowledge too.
    """

    def __init__(self, path: Path, root: Path, top: str) -> None:
        place = path.relative_to(root)
        self.place = place
        "Where the module is, seen from the package's own folder."
        self.package = place.parts[0].removesuffix(".py")
        "The layer it belongs to: the folder, or the file, right under the package."
        self._parents = (top, *place.parent.parts)
        self._nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"), str(path))))
        self._bound = dict(self._bindings())
        self._own = set(self._own_names())

    def imports(self) -> Iterator[Mention]:
        """Each name that is imported, with the module it comes from."""
        for node in self._nodes:
            match node:
                case ast.Import(names=aliases):
                    yield from (Mention(alias.name, node.lineno) for alias in aliases)
                case ast.ImportFrom(names=aliases):
                    origin = self._origin(node)
                    yield from (Mention(f"{origin}.{alias.name}", node.lineno) for alias in aliases)
                case ast.Call(func=called, args=[ast.Constant(value=str(name)), *_]):
                    if self._whole_name(called) in {"importlib.import_module", "__import__"}:
                        yield Mention(name, node.lineno)

    def uses(self) -> Iterator[Mention]:
        """Each imported or built-in name that is used, attributes included: `datetime.date.today`.

        Whether it is called does not matter: what is handed on is called elsewhere.
        """
        for node in self._nodes:
            if isinstance(node, ast.Name | ast.Attribute) and (name := self._whole_name(node)):
                yield Mention(name, node.lineno)

    def _bindings(self) -> Iterator[tuple[str, str]]:
        for node in self._nodes:
            match node:
                case ast.Import(names=aliases):
                    for alias in aliases:
                        first = alias.name.partition(".")[0]
                        yield (alias.asname, alias.name) if alias.asname else (first, first)
                case ast.ImportFrom(names=aliases):
                    origin = self._origin(node)
                    for alias in aliases:
                        yield alias.asname or alias.name, f"{origin}.{alias.name}"

    def _own_names(self) -> Iterator[str]:
        # An argument that is called `input` is not the built-in function.
        for node in self._nodes:
            match node:
                case ast.arg(arg=name) | ast.Name(id=name, ctx=ast.Store()):
                    yield name

    def _origin(self, node: ast.ImportFrom) -> str:
        if not node.level:
            return node.module or ""
        parents = self._parents[: len(self._parents) - node.level + 1]
        return ".".join((*parents, node.module) if node.module else parents)

    def _whole_name(self, node: ast.expr) -> str | None:
        match node:
            case ast.Name(id=name) if name in self._bound:
                return self._bound[name]
            case ast.Name(id=name) if hasattr(builtins, name) and name not in self._own:
                return name
            case ast.Attribute(value=value, attr=attribute) if owner := self._whole_name(value):
                return f"{owner}.{attribute}"
            case _:
                return None


def modules(root: Path, top: str) -> Iterator[Module]:
    """Every module below the package folder `root`, in the order of their paths."""
    for path in sorted(root.rglob("*.py")):
        yield Module(path, root, top)
