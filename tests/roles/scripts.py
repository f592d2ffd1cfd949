"""Scripts for tests of what is done with policies, whatever they say."""

from __future__ import annotations

SCRIPT = """\
<cpl xmlns="urn:ietf:params:xml:ns:cpl" xmlns:p="urn:x-hereabouts:cpl-presence:1">
  <p:incoming-subscription>
    <address-switch field="watcher">
      <address is="sip:eve@example.com"><reject status="reject"/></address>
      <otherwise><p:allow/></otherwise>
    </address-switch>
  </p:incoming-subscription>
</cpl>
"""
"Accepted, with nothing to say about it."

DOUBTFUL = """\
<cpl xmlns="urn:ietf:params:xml:ns:cpl" xmlns:p="urn:x-hereabouts:cpl-presence:1">
  <p:incoming-subscription><reject status="reject"/></p:incoming-subscription>
</cpl>
"""
"Accepted, with a warning at line 2."

NOTIFYING = """\
<cpl xmlns="urn:ietf:params:xml:ns:cpl" xmlns:p="urn:x-hereabouts:cpl-presence:1">
  <p:incoming-notification><p:throttle interval="PT10M"/></p:incoming-notification>
</cpl>
"""
"About another point."

WRONG = """\
<cpl xmlns="urn:ietf:params:xml:ns:cpl" xmlns:p="urn:x-hereabouts:cpl-presence:1">
  <p:incoming-subscription>
    <p:dance/>
  </p:incoming-subscription>
</cpl>
"""
"Refused for what is in line 3."
