"""The policies that the demos obey."""

from __future__ import annotations

from hereabouts.policy.point import Point


def _about(point: Point, body: str) -> str:
    return (
        '<cpl xmlns="urn:ietf:params:xml:ns:cpl" xmlns:p="urn:x-hereabouts:cpl-presence:1">\n'
        f"  <p:{point.value}>\n{body}  </p:{point.value}>\n</cpl>\n"
    )


# -- of the figures

WATCHES_B_EXAMPLE = _about(
    Point.OUTGOING_SUBSCRIPTION,
    """\
    <address-switch field="presentity" subfield="host">
      <address subdomain-of="b.example"><p:allow/></address>
      <otherwise><reject status="403" reason="Not from here"/></otherwise>
    </address-switch>
""",
)
"The watcher asks for nobody outside of b.example."

KNOWS_WATCHERS = _about(
    Point.INCOMING_SUBSCRIPTION,
    """\
    <address-switch field="watcher">
      <address is="sip:watcher@a.example"><p:allow/></address>
      <address is="sip:visitor@a.example"><p:confirm/></address>
      <otherwise><reject status="403" reason="No strangers"/></otherwise>
    </address-switch>
""",
)
"The presentity knows one watcher, wants to be asked about another, and rejects everybody else."

TELLS_CHANGES = _about(
    Point.OUTGOING_NOTIFICATION,
    """\
    <p:subscription-switch field="trigger">
      <p:subscription is="registration"><p:deliver/></p:subscription>
      <p:subscription is="update"><p:deliver/></p:subscription>
      <otherwise><p:deliver/></otherwise>
    </p:subscription-switch>
""",
)
"The presentity looks at why there is something to tell."

SHOWS_B_EXAMPLE = _about(
    Point.INCOMING_NOTIFICATION,
    """\
    <address-switch field="presentity" subfield="host">
      <address subdomain-of="b.example"><p:deliver/></address>
      <otherwise><p:suppress/></otherwise>
    </address-switch>
""",
)
"The watcher is shown nobody outside of b.example."

# -- of Tom and Alice, whom section 3.5 of the thesis names

WORKING_HOURS = _about(
    Point.INCOMING_SUBSCRIPTION,
    """\
    <time-switch tzid="America/Toronto">
      <time dtstart="20260105T090000" duration="PT8H" freq="weekly" byday="MO,TU,WE,TH,FR">
        <p:allow/>
      </time>
      <otherwise>
        <reject status="403" reason="Outside working hours"/>
      </otherwise>
    </time-switch>
""",
)
"Tom wishes to reject all the watcher requests after working hours."

NEWCOMERS_IN_WORKING_HOURS = _about(
    Point.INCOMING_SUBSCRIPTION,
    """\
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
""",
)
"The same, and who is subscribed already stays so."

TOM_EVERY_TEN_MINUTES = _about(
    Point.OUTGOING_NOTIFICATION,
    """\
    <address-switch field="watcher">
      <address is="sip:tom@example.com">
        <p:throttle interval="PT10M">
          <p:deliver/>
        </p:throttle>
      </address>
      <otherwise/>
    </address-switch>
""",
)
"Alice would like the notification to Tom not to occur more than every 10 minutes."
