"""Texts compared as scripts ask for it: the operators of outputs (:rfc:`3880#section-4`)."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection
from enum import Enum

import msgspec

from hereabouts.policy.cpl.element import Element
from hereabouts.policy.cpl.finding import Code, Report


class Operator(Enum):
    """How an output compares."""

    IS = "is"
    CONTAINS = "contains"
    SUBDOMAIN_OF = "subdomain-of"


class Comparison(msgspec.Struct, frozen=True, gc=False):
    """What an output compares with, as it stands in the script."""

    operator: Operator
    operand: str


def read_comparison(
    element: Element, operators: Collection[Operator], report: Report
) -> Comparison | None:
    """The one comparison of an output, which must be one of `operators`."""
    given = [each for each in Operator if each.value in element.attributes]
    allowed = " or ".join(each.value for each in Operator if each in operators)
    if len(given) != 1:
        message = f"{element.tag} has {len(given) or 'no'} operators and needs exactly one"
        report.add(Code.OPERATOR, element.line, message, f"give it {allowed}")
        return None
    if given[0] not in operators:
        message = f"{given[0].value} does not go with what this switch looks at"
        report.add(Code.OPERATOR, element.line, message, f"use {allowed}")
        return None
    return Comparison(given[0], element.attributes[given[0].value])


def caseless(text: str) -> str:
    """The text in the form in which it is compared, case aside (:rfc:`3880#section-4.2`)."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return unicodedata.normalize("NFKC", folded)


def listed(texts: Collection[str]) -> str:
    """The texts as people list them: `a, b or c`."""
    *before, last = texts
    return f"{', '.join(before)} or {last}" if before else last
