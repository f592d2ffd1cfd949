"""`reject`: the request is declined, with a status and a reason (:rfc:`3880#section-6.3`)."""

from __future__ import annotations

import re

from hereabouts.policy.actions.action import OperationKind
from hereabouts.policy.cpl.attributes import refuse_others, required
from hereabouts.policy.cpl.element import CPL, Element
from hereabouts.policy.cpl.finding import Code, Report
from hereabouts.policy.decision import Operation, Parameters
from hereabouts.policy.point import CALLS, SUBSCRIPTION_POINTS

STATUSES = {"busy": 486, "notfound": 404, "reject": 603, "error": 500}
"What the named statuses are in SIP (:rfc:`3880#section-6.3.1`)."

_NUMERIC = re.compile(r"[456][0-9]{2}", re.ASCII)


def _read(element: Element, report: Report) -> Parameters:
    refuse_others(element, report, "status", "reason")
    status = required(element, "status", report)
    reason = element.attributes.get("reason") or None
    return Parameters(status=_status(status, element, report) if status else None, reason=reason)


def _status(text: str, element: Element, report: Report) -> int | None:
    if text in STATUSES:
        return STATUSES[text]
    if _NUMERIC.fullmatch(text):
        return int(text)
    message = f"{text[:80]!r} is not a status that rejects"
    remedy = f"use 400 to 699, such as 403, or one of {', '.join(STATUSES)}"
    report.add(Code.STATUS, element.line, message, remedy)
    return None


def _show(parameters: Parameters) -> str:
    return " ".join(filter(None, (str(parameters.status), parameters.reason)))


REJECT = OperationKind(
    name=(CPL, "reject"),
    operation=Operation.REJECT,
    actions=SUBSCRIPTION_POINTS | CALLS,
    read=_read,
    show=_show,
)
