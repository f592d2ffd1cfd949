"""Documents as publishers really send them, written anew from what was seen of each.

`FULL` is the example of RFC 4480, section 4; it follows the RFC but for `rpid:sphere`, whose
text the schema of that RFC does not allow.
"""

from __future__ import annotations

BARESIP = b"""<?xml version="1.0" encoding="UTF-8" standalone="no"?>
<presence xmlns="urn:ietf:params:xml:ns:pidf"
    xmlns:dm="urn:ietf:params:xml:ns:pidf:data-model"
    xmlns:rpid="urn:ietf:params:xml:ns:pidf:rpid"
    entity="sip:alice@example.com">
  <dm:person id="p4159"><rpid:activities/></dm:person>
  <tuple id="t4109">
    <status>
      <basic>unknown</basic>
    </status>
    <contact>sip:alice@example.com</contact>
  </tuple>
</presence>
"""

PJSUA = b"""<?xml version="1.0" encoding="UTF-8"?>
<presence xmlns="urn:ietf:params:xml:ns:pidf" xmlns:dm="urn:ietf:params:xml:ns:pidf:data-model" \
xmlns:rpid="urn:ietf:params:xml:ns:pidf:rpid" entity="sip:alice@example.com">
 <tuple id="pj3f2c81d09a">
  <status>
   <basic>open</basic>
  </status>
 </tuple>
 <dm:person id="pj77ab10c42e">
  <rpid:activities>
   <rpid:busy />
  </rpid:activities>
  <dm:note>Busy</dm:note>
 </dm:person>
</presence>
"""

LINPHONE = b"""<?xml version="1.0" encoding="UTF-8"?>
<presence xmlns="urn:ietf:params:xml:ns:pidf" \
xmlns:pidfonline="http://www.linphone.org/xsds/pidfonline.xsd" entity="sip:alice@example.com">
  <tuple id="zk21b0">
    <status>
      <basic>open</basic>
      <pidfonline:online/>
    </status>
    <contact priority="0.8">sip:alice@example.com</contact>
    <timestamp>2026-03-01T08:15:30Z</timestamp>
  </tuple>
</presence>
"""

TWINKLE = (
    b'<?xml version="1.0" encoding="UTF-8"?><presence xmlns="urn:ietf:params:xml:ns:pidf" '
    b'entity="sip:alice@example.com"><tuple id="twinkle"><status><basic>open</basic></status>'
    b"</tuple></presence>"
)

PIDGIN = b"""<?xml version='1.0' encoding='UTF-8'?>
<presence xmlns="urn:ietf:params:xml:ns:pidf"
 xmlns:im="urn:ietf:params:xml:ns:pidf:im"
 entity="sip:alice@example.com">
<tuple id="bs35r9f">
<status>
<basic>open</basic>
</status>
<note>In &lt;the office&gt;</note>
</tuple>
</presence>"""

PREFIXED = b"""<impp:presence xmlns:impp="urn:ietf:params:xml:ns:pidf"
    entity="pres:alice@example.com">
  <impp:tuple id="sg89ae">
    <impp:status><impp:basic>open</impp:basic></impp:status>
    <impp:contact priority="0.8">tel:+09012345678</impp:contact>
  </impp:tuple>
</impp:presence>"""

FULL = b"""<?xml version="1.0" encoding="UTF-8"?>
<presence xmlns="urn:ietf:params:xml:ns:pidf" xmlns:dm="urn:ietf:params:xml:ns:pidf:data-model"
    xmlns:lt="urn:ietf:params:xml:ns:location-type" xmlns:rpid="urn:ietf:params:xml:ns:pidf:rpid"
    entity="pres:someone@example.com">
  <tuple id="bs35r9">
    <status><basic>open</basic></status>
    <dm:deviceID>urn:device:0003ba4811e3</dm:deviceID>
    <rpid:relationship><rpid:self/></rpid:relationship>
    <rpid:service-class><rpid:electronic/></rpid:service-class>
    <contact priority="0.8">im:someone@mobile.example.net</contact>
    <note xml:lang="en">Don't Disturb Please!</note>
    <note xml:lang="fr">Ne derangez pas, s'il vous plait</note>
    <timestamp>2005-10-27T16:49:29Z</timestamp>
  </tuple>
  <tuple id="eg92n8">
    <status><basic>open</basic></status>
    <dm:deviceID>urn:x-mac:0003ba4811e3</dm:deviceID>
    <rpid:class>email</rpid:class>
    <rpid:service-class><rpid:electronic/></rpid:service-class>
    <rpid:status-icon>http://example.com/mail.png</rpid:status-icon>
    <contact priority="1.0">mailto:someone@example.com</contact>
  </tuple>
  <note>I'll be in Tokyo next week</note>
  <dm:device id="pc147">
    <rpid:user-input idle-threshold="600"
      last-input="2004-10-21T13:20:00-05:00">idle</rpid:user-input>
    <dm:deviceID>urn:device:0003ba4811e3</dm:deviceID>
    <dm:note>PC</dm:note>
  </dm:device>
  <dm:person id="p1">
    <rpid:activities from="2005-05-30T12:00:00+05:00" until="2005-05-30T17:00:00+05:00">
      <rpid:note>Far away</rpid:note>
      <rpid:away/>
    </rpid:activities>
    <rpid:class>calendar</rpid:class>
    <rpid:mood id="m1"><rpid:angry/><rpid:other>brooding</rpid:other></rpid:mood>
    <rpid:place-is><rpid:audio><rpid:noisy/></rpid:audio></rpid:place-is>
    <rpid:place-type><lt:residence/></rpid:place-type>
    <rpid:privacy><rpid:unknown/></rpid:privacy>
    <rpid:sphere><rpid:home/></rpid:sphere>
    <rpid:status-icon>http://example.com/play.gif</rpid:status-icon>
    <rpid:time-offset>-240</rpid:time-offset>
    <dm:note>Scoring 120</dm:note>
    <dm:timestamp>2005-05-30T16:09:44+05:00</dm:timestamp>
  </dm:person>
</presence>
"""

SAMPLES = {
    "baresip": BARESIP,
    "pjsua": PJSUA,
    "linphone": LINPHONE,
    "twinkle": TWINKLE,
    "pidgin": PIDGIN,
    "prefixed": PREFIXED,
    "full": FULL,
}


def published(content: str, entity: str = "sip:alice@example.com") -> bytes:
    """A document with this content, all usual prefixes declared."""
    return (
        '<presence xmlns="urn:ietf:params:xml:ns:pidf"'
        ' xmlns:dm="urn:ietf:params:xml:ns:pidf:data-model"'
        ' xmlns:rpid="urn:ietf:params:xml:ns:pidf:rpid"'
        f' entity="{entity}">{content}</presence>'
    ).encode()
