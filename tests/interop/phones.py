"""What phones send, written after what was measured on them.

They are baresip 1.0.0, pjsua 2.17, linphone 5.1.65, Twinkle 1.10.2, Pidgin 2.14.12 and SIP.js
0.21.2. `wire.Wire` says what the names in braces stand for.
"""

from __future__ import annotations

import msgspec


class Spoken(msgspec.Struct, frozen=True):
    """A request that a phone sends."""

    why: str
    text: str
    transport: str = "UDP"


SUBSCRIBES = [
    Spoken(
        "baresip: no Accept, transport=udp in the Request-URI and in To",
        """
SUBSCRIBE sip:{alice}@{host}:{port};transport=udp SIP/2.0
Via: SIP/2.0/UDP {host}:{own};branch=z9hG4bK{unique};rport
Contact: <sip:{bob}-0x55d0c8a0@{host}:{own}>;expires=600
Max-Forwards: 70
To: <sip:{alice}@{host}:{port};transport=udp>
From: "Bob" <sip:{bob}@{host}:{port}>;tag=b1{unique}
Call-ID: {dialog}
CSeq: 9081 SUBSCRIBE
User-Agent: baresip v1.0.0 (x86_64/linux)
Event: presence
Expires: 600
Supported: gruu
Content-Length: 0

""",
    ),
    Spoken(
        "pjsua: From and To without port and brackets, ;ob in Contact, a second format accepted",
        """
SUBSCRIBE sip:{alice}@{host}:{port} SIP/2.0
Via: SIP/2.0/UDP {host}:{own};rport;branch=z9hG4bK{unique}
Max-Forwards: 70
From: sip:{bob}@{host};tag=p1{unique}
To: sip:{alice}@{host}
Contact: <sip:{bob}@{host}:{own};ob>
Call-ID: {dialog}
CSeq: 24011 SUBSCRIBE
Event: presence
Expires: 600
Supported: replaces, 100rel, timer, norefersub
Accept: application/pidf+xml, application/xpidf+xml
Allow-Events: presence, message-summary, refer
Content-Length:  0

""",
    ),
    Spoken(
        "pjsua behind an outbound proxy: a Route that is the server itself",
        """
SUBSCRIBE sip:{alice}@{host} SIP/2.0
Via: SIP/2.0/UDP {host}:{own};rport;branch=z9hG4bK{unique}
Max-Forwards: 70
From: sip:{bob}@{host};tag=p2{unique}
To: sip:{alice}@{host}
Contact: <sip:{bob}@{host}:{own};ob>
Call-ID: {dialog}
CSeq: 24012 SUBSCRIBE
Route: <sip:{host}:{port};lr>
Event: presence
Expires: 600
Accept: application/pidf+xml, application/xpidf+xml
Content-Length:  0

""",
    ),
    Spoken(
        "linphone: neither Accept nor Content-Length, To without the port of the Request-URI",
        """
SUBSCRIBE sip:{alice}@{host}:{port};transport=udp SIP/2.0
Via: SIP/2.0/UDP {host}:{own};branch=z9hG4bK.{unique};rport
From: <sip:{bob}@{host}>;tag=l1{unique}
To: "Bob" <sip:{alice}@{host}>
CSeq: 20 SUBSCRIBE
Call-ID: {dialog}
Max-Forwards: 70
Supported: replaces, outbound, gruu, path, record-aware
Event: presence
Expires: 600
Contact: <sip:{bob}@{host}:{own};transport=udp>;+sip.instance="<urn:uuid:0a>";expires=600
User-Agent: Linphone/5.1.65 (belle-sip/5.1.65)

""",
    ),
    Spoken(
        "Twinkle with COMPACT=yes: every name that has a short form in it",
        """
SUBSCRIBE sip:{alice}@{domain} SIP/2.0
v: SIP/2.0/UDP {host}:{own};rport;branch=z9hG4bK{unique}
Max-Forwards: 70
t: "Alice" <sip:{alice}@{domain}>
f: "Bob" <sip:{bob}@{domain}>;tag=t1{unique}
i: {dialog}
CSeq: 512 SUBSCRIBE
m: <sip:{bob}@{host}:{own}>
o: presence
Accept: application/pidf+xml
Expires: 600
User-Agent: Twinkle/1.10.2
l: 0

""",
    ),
    Spoken(
        "Pidgin: epid in From and To, no rport, Max-Forwards 10, Expires 1200",
        """
SUBSCRIBE sip:{alice}@{host} SIP/2.0
Via: SIP/2.0/UDP {host}:{own};branch=z9hG4bK{unique}
From: <sip:{bob}@{host}>;tag=g1{unique};epid=1234567890
To: <sip:{alice}@{host}>;epid=
Max-Forwards: 10
CSeq: 7 SUBSCRIBE
User-Agent: Purple/2.14.12
Call-ID: {dialog}
Expires: 1200
Accept: application/pidf+xml, application/xpidf+xml
Event: presence
Contact: <sip:{bob}@{host}:{own};transport=udp>;methods="MESSAGE, SUBSCRIBE, NOTIFY"
Content-Length: 0

""",
    ),
    Spoken(
        "SIP.js: hosts that end in .invalid; NOTIFY comes on the connection of the SUBSCRIBE",
        """
SUBSCRIBE sip:{alice}@{domain} SIP/2.0
Via: SIP/2.0/TCP 4mrmr8t7e4v1.invalid;branch=z9hG4bK{unique}
Max-Forwards: 70
To: <sip:{alice}@{domain}>
From: "Bob" <sip:{bob}@{domain}>;tag=j1{unique}
CSeq: 1 SUBSCRIBE
Call-ID: {dialog}
Event: presence
Expires: 600
Accept: application/pidf+xml
Contact: <sip:c8l0p3k1@4mrmr8t7e4v1.invalid;transport=ws;ob>
Allow: ACK,CANCEL,INVITE,MESSAGE,BYE,OPTIONS,INFO,NOTIFY,REFER
Supported: outbound
User-Agent: SIP.js/0.21.1
Content-Length: 0

""",
        "TCP",
    ),
    Spoken(
        "linphone by TCP: its Contact names a port at which nobody listens",
        """
SUBSCRIBE sip:{alice}@{domain};transport=tcp SIP/2.0
Via: SIP/2.0/TCP {host}:5060;alias;branch=z9hG4bK.{unique};rport
From: <sip:{bob}@{domain}>;tag=l2{unique}
To: <sip:{alice}@{domain}>
CSeq: 20 SUBSCRIBE
Call-ID: {dialog}
Max-Forwards: 70
Event: presence
Expires: 600
Contact: <sip:{bob}@{host}:9;transport=tcp>;expires=600
User-Agent: Linphone/5.1.65 (belle-sip/5.1.65)
Content-Length: 0

""",
        "TCP",
    ),
]

SUBSCRIBE = SUBSCRIBES[4].text
"One that has nothing odd in it but short names."

UNSUBSCRIBE = """
SUBSCRIBE {target} SIP/2.0
Via: SIP/2.0/{transport} {host}:{own};branch=z9hG4bK{unique};rport
From: {from}
To: {to}
CSeq: {cseq} SUBSCRIBE
Call-ID: {dialog}
Max-Forwards: 70
Event: presence
Expires: 0
Contact: <sip:{bob}@{host}:{own};transport={transport}>
Content-Length: 0

"""


class Published(msgspec.Struct, frozen=True):
    """A PUBLISH that a phone sends, and what a watcher must find in the document he gets."""

    why: str
    text: str
    shows: list[str]


PUBLISHES = [
    Published(
        "baresip before its REGISTER is answered: basic is unknown",
        """
PUBLISH sip:{alice}@{host}:{port};transport=udp SIP/2.0
Via: SIP/2.0/UDP {host}:{own};branch=z9hG4bK{unique};rport
Contact: <sip:{alice}-0x55d0c8a0@{host}:{own}>
Max-Forwards: 70
To: <sip:{alice}@{host}:{port};transport=udp>
From: "Alice" <sip:{alice}@{host}:{port};transport=udp>;tag=b2{unique}
Call-ID: {unique}
CSeq: 3204 PUBLISH
User-Agent: baresip v1.0.0 (x86_64/linux)
Event: presence
Expires: 600
Content-Type: application/pidf+xml
Content-Length: {length}

<?xml version="1.0" encoding="UTF-8" standalone="no"?>
<presence xmlns="urn:ietf:params:xml:ns:pidf"
    xmlns:dm="urn:ietf:params:xml:ns:pidf:data-model"
    xmlns:rpid="urn:ietf:params:xml:ns:pidf:rpid"
    entity="sip:{alice}@{host}:{port};transport=udp">
  <tuple id="t4109"><status><basic>unknown</basic></status>
    <contact>sip:{alice}@{host}:{port};transport=udp</contact></tuple>
  <dm:person id="p4159"><rpid:activities/></dm:person>
</presence>
""",
        ["<basic>closed</basic>", "<dm:person "],
    ),
    Published(
        "baresip's question mark where it does not know",
        """
PUBLISH sip:{alice}@{host} SIP/2.0
Via: SIP/2.0/UDP {host}:{own};branch=z9hG4bK{unique};rport
Max-Forwards: 70
To: <sip:{alice}@{host}>
From: <sip:{alice}@{host}>;tag=b3{unique}
Call-ID: {unique}
CSeq: 3204 PUBLISH
Event: presence
Expires: 600
Content-Type: application/pidf+xml
Content-Length: {length}

<?xml version="1.0" encoding="UTF-8" standalone="no"?>
<presence xmlns="urn:ietf:params:xml:ns:pidf" entity="sip:{alice}@{host}">
  <tuple id="t1"><status><basic>?</basic></status></tuple>
</presence>
""",
        ["<basic>closed</basic>"],
    ),
    Published(
        "pjsua: no Expires, addresses without brackets, other prefixes than ours, two spaces",
        """
PUBLISH sip:{alice}@{host} SIP/2.0
Via: SIP/2.0/UDP {host}:{own};rport;branch=z9hG4bK{unique}
Max-Forwards: 70
From: sip:{alice}@{host};tag=p3{unique}
To: sip:{alice}@{host}
Call-ID: {unique}
CSeq: 33101 PUBLISH
Event: presence
Content-Type: application/pidf+xml
Content-Length:   {length}

<?xml version="1.0" encoding="UTF-8"?>
<presence entity="sip:{alice}@{host}" xmlns="urn:ietf:params:xml:ns:pidf"
  xmlns:d="urn:ietf:params:xml:ns:pidf:data-model" xmlns:r="urn:ietf:params:xml:ns:pidf:rpid">
 <tuple id="pj1a2b3c"><status><basic>open</basic></status></tuple>
 <d:person id="pj4d5e6f"><r:activities><r:away/></r:activities><d:note>Away</d:note></d:person>
</presence>
""",
        ["<basic>open</basic>", "<rpid:away/>", "<dm:note>Away</dm:note>"],
    ),
    Published(
        "linphone: no Content-Length, an element of its own, a priority and a date",
        """
PUBLISH sip:{alice}@{host} SIP/2.0
Via: SIP/2.0/UDP {host}:{own};branch=z9hG4bK.{unique};rport
From: <sip:{alice}@{host}>;tag=l3{unique}
To: <sip:{alice}@{host}>
CSeq: 20 PUBLISH
Call-ID: {unique}
Max-Forwards: 70
Event: presence
Expires: 600
Content-Type: application/pidf+xml
User-Agent: Linphone/5.1.65 (belle-sip/5.1.65)

<?xml version="1.0" encoding="UTF-8" standalone="no"?>
<presence xmlns="urn:ietf:params:xml:ns:pidf" entity="sip:{alice}@{host}"
 xmlns:pidfonline="http://www.linphone.org/xsds/pidfonline.xsd">
 <tuple id="qx4a2w"><status><basic>open</basic><pidfonline:online/></status>
 <contact priority="0.8">sip:{alice}@{host}</contact><timestamp>2026-03-01T10:00:00Z</timestamp>
 </tuple></presence>
""",
        ["<basic>open</basic>", ":online/>", 'priority="0.8"', "2026-03-01T10:00:00Z"],
    ),
    Published(
        "Twinkle with COMPACT=yes: all of the document in one line",
        """
PUBLISH sip:{alice}@{domain} SIP/2.0
v: SIP/2.0/UDP {host}:{own};rport;branch=z9hG4bK{unique}
Max-Forwards: 70
t: "Alice" <sip:{alice}@{domain}>
f: "Alice" <sip:{alice}@{domain}>;tag=t2{unique}
i: {unique}
CSeq: 512 PUBLISH
o: presence
Expires: 600
c: application/pidf+xml
l: {length}

<?xml version="1.0" encoding="UTF-8"?><presence xmlns="urn:ietf:params:xml:ns:pidf" \
entity="sip:{alice}@{domain}"><tuple id="tuple1"><status><basic>open</basic></status></tuple>\
</presence>""",
        ["<basic>open</basic>"],
    ),
    Published(
        "Pidgin: epid, a note, and Max-Forwards 10",
        """
PUBLISH sip:{alice}@{host} SIP/2.0
Via: SIP/2.0/UDP {host}:{own};branch=z9hG4bK{unique}
From: <sip:{alice}@{host}>;tag=g2{unique};epid=1234567890
To: <sip:{alice}@{host}>
Max-Forwards: 10
CSeq: 3 PUBLISH
Call-ID: {unique}
Expires: 600
Event: presence
Content-Type: application/pidf+xml
Content-Length: {length}

<?xml version="1.0" encoding="UTF-8"?>
<presence xmlns="urn:ietf:params:xml:ns:pidf" entity="sip:{alice}@{host}">
<tuple id="bs35r9f"><status><basic>open</basic></status><note>At my desk</note></tuple>
</presence>
""",
        ["<basic>open</basic>", "<note>At my desk</note>"],
    ),
    Published(
        "a document in which PIDF has a prefix: watchers get it without",
        """
PUBLISH sip:{alice}@{domain} SIP/2.0
Via: SIP/2.0/UDP {host}:{own};rport;branch=z9hG4bK{unique}
Max-Forwards: 70
From: <sip:{alice}@{domain}>;tag=k1{unique}
To: <sip:{alice}@{domain}>
Call-ID: {unique}
CSeq: 1 PUBLISH
Event: presence
Expires: 600
Content-Type: application/pidf+xml;charset=UTF-8
Content-Length: {length}

<pp:presence xmlns:pp="urn:ietf:params:xml:ns:pidf" entity="sip:{alice}@{domain}">
<pp:tuple id="a"><pp:status><pp:basic>open</pp:basic></pp:status></pp:tuple></pp:presence>
""",
        ["<basic>open</basic>"],
    ),
    Published(
        "a closed tuple before the open one: phones that read one tuple read the first",
        """
PUBLISH sip:{alice}@{domain} SIP/2.0
Via: SIP/2.0/UDP {host}:{own};rport;branch=z9hG4bK{unique}
Max-Forwards: 70
From: <sip:{alice}@{domain}>;tag=k2{unique}
To: <sip:{alice}@{domain}>
Call-ID: {unique}
CSeq: 1 PUBLISH
Event: presence
Expires: 600
Content-Type: application/pidf+xml
Content-Length: {length}

<presence xmlns="urn:ietf:params:xml:ns:pidf" entity="sip:{alice}@{domain}">
<tuple id="a"><status><basic>closed</basic></status></tuple>
<tuple id="b"><status><basic>open</basic></status></tuple></presence>
""",
        ["<basic>open</basic>", "<basic>closed</basic>"],
    ),
    Published(
        "a document without a tuple: Pidgin never answers one, so watchers get a closed tuple",
        """
PUBLISH sip:{alice}@{domain} SIP/2.0
Via: SIP/2.0/UDP {host}:{own};rport;branch=z9hG4bK{unique}
Max-Forwards: 70
From: <sip:{alice}@{domain}>;tag=k3{unique}
To: <sip:{alice}@{domain}>
Call-ID: {unique}
CSeq: 1 PUBLISH
Event: presence
Expires: 600
Content-Type: application/pidf+xml
Content-Length: {length}

<presence xmlns="urn:ietf:params:xml:ns:pidf" entity="sip:{alice}@{domain}">
<note>Nothing else to say</note></presence>
""",
        ["<basic>closed</basic>", "<note>Nothing else to say</note>"],
    ),
]

REFRESH = """
PUBLISH sip:{alice}@{host}:{port};transport=udp SIP/2.0
Via: SIP/2.0/UDP {host}:{own};branch=z9hG4bK{unique};rport
Max-Forwards: 70
To: <sip:{alice}@{host}:{port};transport=udp>
From: "Alice" <sip:{alice}@{host}:{port};transport=udp>;tag=b4{unique}
Call-ID: {unique}
CSeq: 3205 PUBLISH
User-Agent: baresip v1.0.0 (x86_64/linux)
SIP-If-Match: {tag}
Event: presence
Expires: 600
Content-Type: application/pidf+xml
Content-Length: 0

"""
"baresip's: a Content-Type, and an empty body."

REMOVAL = """
PUBLISH sip:{alice}@{host} SIP/2.0
Via: SIP/2.0/UDP {host}:{own};branch=z9hG4bK.{unique};rport
From: <sip:{alice}@{host}>;tag=l4{unique}
To: <sip:{alice}@{host}>
CSeq: 21 PUBLISH
Call-ID: {unique}
Max-Forwards: 70
SIP-If-Match: {tag}
Event: presence
Expires: 0

"""
"linphone's: no Content-Length."

REGISTERS = [
    Spoken(
        "baresip: no Expires but in Contact, and q and an instance there",
        """
REGISTER sip:{host}:{port} SIP/2.0
Via: SIP/2.0/UDP {host}:{own};branch=z9hG4bK{unique};rport
Contact: <sip:{alice}-0x55d0c8a0@{host}:{own}>;expires=600;+sip.instance="<urn:uuid:0b>"
Max-Forwards: 70
To: "Alice" <sip:{alice}@{host}:{port}>
From: "Alice" <sip:{alice}@{host}:{port}>;tag=b5{unique}
Call-ID: {unique}
CSeq: 1 REGISTER
User-Agent: baresip v1.0.0 (x86_64/linux)
Supported: gruu
Allow: INVITE,ACK,BYE,CANCEL,OPTIONS,NOTIFY,SUBSCRIBE,INFO,MESSAGE,REFER
Content-Length: 0

""",
    ),
    Spoken(
        "linphone: three lines of Accept and no Content-Length",
        """
REGISTER sip:{host} SIP/2.0
Via: SIP/2.0/UDP {host}:{own};branch=z9hG4bK.{unique};rport
From: <sip:{alice}@{host}>;tag=l5{unique}
To: sip:{alice}@{host}
CSeq: 20 REGISTER
Call-ID: {unique}
Max-Forwards: 70
Supported: replaces, outbound, gruu, path, record-aware
Accept: application/sdp
Accept: text/plain
Accept: application/vnd.gsma.rcs-ft-http+xml
Contact: <sip:{alice}@{host}:{own};transport=udp>;+sip.instance="<urn:uuid:0c>"
Expires: 600
User-Agent: Linphone/5.1.65 (belle-sip/5.1.65)

""",
    ),
    Spoken(
        "SIP.js: Contact and Via without a host that anybody could reach",
        """
REGISTER sip:{domain} SIP/2.0
Via: SIP/2.0/TCP 4mrmr8t7e4v1.invalid;branch=z9hG4bK{unique}
Max-Forwards: 69
To: <sip:{alice}@{domain}>
From: <sip:{alice}@{domain}>;tag=j2{unique}
CSeq: 1 REGISTER
Call-ID: {unique}
Contact: <sip:c8l0p3k1@4mrmr8t7e4v1.invalid;transport=ws>;expires=600
Allow: ACK,CANCEL,INVITE,MESSAGE,BYE,OPTIONS,INFO,NOTIFY,REFER
Supported: outbound, path, gruu
Content-Length: 0

""",
        "TCP",
    ),
]

LIST_SUBSCRIBE = """
SUBSCRIBE sip:{alice}@{domain} SIP/2.0
Via: SIP/2.0/UDP {host}:{own};branch=z9hG4bK.{unique};rport
From: <sip:{bob}@{domain}>;tag=l6{unique}
To: <sip:{alice}@{domain}>
CSeq: 20 SUBSCRIBE
Call-ID: {dialog}
Max-Forwards: 70
Event: presence
Expires: 3600
Supported: eventlist
Require: recipient-list-subscribe
Accept: multipart/related
Accept: application/pidf+xml
Accept: application/rlmi+xml
Accept-Encoding: deflate
Content-Disposition: recipient-list
Content-Type: application/resource-lists+xml
Contact: <sip:{bob}@{host}:{own};transport=udp>;expires=600
Content-Length: {length}

<?xml version="1.0" encoding="UTF-8"?>
<resource-lists xmlns="urn:ietf:params:xml:ns:resource-lists"><list>
<entry uri="sip:{alice}@{domain}"/></list></resource-lists>
"""
"linphone's, for all its friends at once."

RAW_LINE_END = """
REGISTER sip:{domain} SIP/2.0
Via: SIP/2.0/{transport} {host}:{own};branch=z9hG4bK{unique};rport
Contact: <sip:{alice}@{host}:{own}>;expires=600;+sip.instance="<urn:uuid:0d{newline}>"
Max-Forwards: 70
To: <sip:{alice}@{domain}>
From: <sip:{alice}@{domain}>;tag=b6{unique}
Call-ID: {unique}
CSeq: 1 REGISTER
User-Agent: baresip v1.0.0 (x86_64/linux)
Content-Length: 0

"""
"baresip's, when its file of an instance ends in a line end."

STRAY_NOTIFY = """
NOTIFY sip:{alice}@{host}:{port} SIP/2.0
Via: SIP/2.0/UDP {host}:{own};branch=z9hG4bK{unique}
From: <sip:{bob}@{host}>;tag=g3{unique}
To: <sip:{alice}@{host}>;tag=nobodys
Max-Forwards: 10
CSeq: 5 NOTIFY
Call-ID: {unique}
Event: presence
Content-Type: application/pidf+xml
Content-Length: {length}

<presence xmlns="urn:ietf:params:xml:ns:pidf" entity="sip:{bob}@{host}"/>
"""
"Pidgin's own: neither Subscription-State nor Contact."
