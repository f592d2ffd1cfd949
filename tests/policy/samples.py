"""The examples of the language's description, and a way to write small scripts."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from hereabouts.base.units import Timestamp
from hereabouts.policy.cpl.element import CPL, PRESENCE
from hereabouts.policy.facts import Facts
from hereabouts.policy.point import Point, Side

TORONTO = ZoneInfo("America/Toronto")

WORKING_HOURS = """\
<cpl xmlns="urn:ietf:params:xml:ns:cpl" xmlns:p="urn:x-hereabouts:cpl-presence:1">
  <p:incoming-subscription>
    <time-switch tzid="America/Toronto">
      <time dtstart="20260105T090000" duration="PT8H" freq="weekly" byday="MO,TU,WE,TH,FR">
        <p:allow/>
      </time>
      <otherwise>
        <reject status="403" reason="Outside working hours"/>
      </otherwise>
    </time-switch>
  </p:incoming-subscription>
</cpl>
"""
"Tom wishes to reject all watcher requests after working hours."

TEN_MINUTES = """\
<cpl xmlns="urn:ietf:params:xml:ns:cpl" xmlns:p="urn:x-hereabouts:cpl-presence:1">
  <p:outgoing-notification>
    <address-switch field="watcher">
      <address is="sip:tom@example.com">
        <p:throttle interval="PT10M">
          <p:deliver/>
        </p:throttle>
      </address>
      <otherwise/>
    </address-switch>
  </p:outgoing-notification>
</cpl>
"""
"Alice would like the notification to Tom not to occur more than every 10 minutes."

GENTLE_HOURS = """\
<cpl xmlns="urn:ietf:params:xml:ns:cpl" xmlns:p="urn:x-hereabouts:cpl-presence:1">
  <p:incoming-subscription>
    <p:subscription-switch field="kind">
      <p:subscription is="refresh"><p:allow/></p:subscription>
      <p:subscription is="unsubscribe"><p:allow/></p:subscription>
      <otherwise>
        <time-switch tzid="America/Toronto">
          <time dtstart="20260105T090000" dtend="20260105T170000"
                freq="weekly" byday="MO,TU,WE,TH,FR">
            <p:allow/>
          </time>
          <otherwise><reject status="403" reason="Outside working hours"/></otherwise>
        </time-switch>
      </otherwise>
    </p:subscription-switch>
  </p:incoming-subscription>
</cpl>
"""
"Tom again, without killing existing subscriptions."

EXAMPLES = {
    "working hours": WORKING_HOURS,
    "ten minutes": TEN_MINUTES,
    "gentle hours": GENTLE_HOURS,
}


def cpl(inside: str) -> str:
    """A script with this inside, which begins on its second line."""
    return f'<cpl xmlns="{CPL}" xmlns:p="{PRESENCE}">\n{inside}\n</cpl>'


def at(point: Point, inside: str) -> str:
    """A script that says this at one point, on its third line."""
    return cpl(f"<p:{point.value}>\n{inside}\n</p:{point.value}>")


def incoming(inside: str) -> str:
    """A script that says this at incoming-subscription, on its third line."""
    return at(Point.INCOMING_SUBSCRIPTION, inside)


def in_toronto(text: str) -> Timestamp:
    """The date of `2026-11-24 10:00:00` on the clocks of Toronto."""
    return Timestamp(datetime.fromisoformat(text).replace(tzinfo=TORONTO).timestamp())


NOW = in_toronto("2026-11-24 10:00:00")
"A Tuesday morning in Toronto."


def facts(point: Point = Point.INCOMING_SUBSCRIPTION, **known: object) -> Facts:
    """What is known at a point between Tom, who watches, and Alice."""
    owner = "sip:tom@example.com" if point.side is Side.WATCHER else "sip:alice@example.com"
    given = {
        "owner": owner,
        "point": point,
        "presentity": "sip:alice@example.com",
        "watcher": "sip:tom@example.com",
        **known,
    }
    return Facts(**given)  # type: ignore[arg-type]
