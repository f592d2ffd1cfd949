"""Stories, played to their end."""

from __future__ import annotations

from hereabouts.demo.story import Remark, Step, Story, Told, perform

Named = tuple[str, str, str]
"What the thesis calls a step, its sender and its receiver."


def played(story: Story) -> list[Told]:
    """All that a story tells; none waits for anything for long."""
    told: list[Told] = []
    perform(story, told.append)
    return told


def steps(told: list[Told]) -> list[Step]:
    """The arrows of it."""
    return [each for each in told if isinstance(each, Step)]


def named(told: list[Told], figure: str) -> list[Named]:
    """The steps that the thesis has a number for, in the order in which they came."""
    found = []
    for step in steps(told):
        number, _, _ = step.label.partition(" ")
        if number.startswith(f"{figure}/"):
            found.append((number.partition("/")[2], step.sender, step.receiver))
    return found


def parts(told: list[Told]) -> list[list[Told]]:
    """What follows each remark, up to the next; remarks that nothing follows have no part."""
    found: list[list[Told]] = []
    for each in told:
        if isinstance(each, Remark):
            found.append([])
        found[-1].append(each)
    return [part for part in found if len(part) > 1]


def field(step: Step, name: str) -> str:
    """What a step says under this name."""
    [value] = [value for known, value in step.fields if known == name]
    return value


def reasons(told: list[Told]) -> list[str]:
    """Why each policy decided as it did."""
    return [value for step in steps(told) for name, value in step.fields if name == "because"]


def remarks(told: list[Told]) -> list[str]:
    """What is said between the steps."""
    return [each.text for each in told if isinstance(each, Remark)]
