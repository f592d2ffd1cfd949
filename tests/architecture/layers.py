"""Names each place where a source tree breaks the rules of `rules.py`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tests.architecture import rules
from tests.architecture.source import Mention, Module, modules


def violations(root: Path) -> Iterator[str]:
    """Each breach in the package folder `root`, as `file:line what is wrong`."""
    for module in modules(root, rules.TOP):
        if rules.rank(module.package) is None:
            yield f"{module.place}:1 has no place in LAYERS: give {module.package} one"
            continue
        for mention, wrong in _breaches(module):
            yield f"{module.place}:{mention.line} {wrong}"


def _breaches(module: Module) -> Iterator[tuple[Mention, str]]:
    here = module.package
    for mention in module.imports():
        if wrong := _import_fault(here, mention.name) or _world_fault(here, mention.name):
            yield mention, wrong
    for mention in dict.fromkeys(module.uses()):
        if wrong := _world_fault(here, mention.name):
            yield mention, wrong


def _import_fault(here: str, name: str) -> str | None:
    top, _, rest = name.partition(".")
    if top != rules.TOP or rest in rules.TOP_NAMES_SEEN:
        return None
    there, _, below = rest.partition(".")
    if not there or there == "*":
        return "imports the whole package: name the module"
    if there == here:
        return None
    if there == "storage" and (fault := _storage_fault(here, below)):
        return f"imports {name}: {fault}"
    return _order_fault(here, there, name)


def _storage_fault(here: str, below: str) -> str | None:
    if here in rules.SEE_NOTHING_OF_STORAGE:
        return f"{here} knows nothing of storage"
    if here in rules.SEE_ALL_OF_STORAGE:
        return None
    if below.partition(".")[0] not in rules.STORAGE_MODULES_SEEN:
        return "only roles sees more of storage than its interface"
    return None


def _order_fault(here: str, there: str, name: str) -> str | None:
    mine, theirs = rules.rank(here), rules.rank(there)
    if mine is None or theirs is None:
        return f"imports {name}: {there} has no place in LAYERS"
    if theirs == mine:
        return f"imports {name}: {here} and {there} do not know each other"
    if theirs > mine:
        return f"imports {name}: {there} stands above {here}"
    return None


def _world_fault(here: str, name: str) -> str | None:
    world = rules.world_behind(name)
    if world is None or world in rules.MAY_TOUCH.get(here, frozenset()):
        return None
    return f"touches {name} ({world.name.lower()}): {here} may not"
