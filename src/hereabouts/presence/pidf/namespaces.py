"""The namespaces of presence documents, and the prefixes that we write for them."""

from __future__ import annotations

from hereabouts.base.xml import XML

PIDF = "urn:ietf:params:xml:ns:pidf"
DATA_MODEL = "urn:ietf:params:xml:ns:pidf:data-model"
RPID = "urn:ietf:params:xml:ns:pidf:rpid"

# Phones look for `rpid:` and `dm:` as text, so the prefixes are part of what we promise.
PREFIXES = {
    XML: "xml",
    PIDF: "pidf",  # for attributes only: elements have it as their default
    DATA_MODEL: "dm",
    RPID: "rpid",
    "urn:ietf:params:xml:ns:pidf:caps": "caps",
    "urn:ietf:params:xml:ns:pidf:cipid": "c",
    "urn:ietf:params:xml:ns:pidf:timed-status": "ts",
    "urn:ietf:params:xml:ns:pidf:geopriv10": "gp",
    "urn:ietf:params:xml:ns:pidf:geopriv10:basicPolicy": "gbp",
    "urn:ietf:params:xml:ns:pidf:geopriv10:civicLoc": "cl",
    "urn:ietf:params:xml:ns:location-type": "lt",
    "http://www.opengis.net/gml": "gml",
}
"The prefix of each namespace that has a fixed one."
