"""Text that strangers may have had a hand in, fit for a log: without secrets, on one line.

Nobody says secrets to the journal; but what cannot be read is quoted there, and may be anything.
"""

from __future__ import annotations

import re

HIDDEN = "***"
"What stands where a secret was."

_RULES = (
    # Whatever stands in such a header, and in whatever form.
    r"(\b(?:proxy-)?authorization\b[\"']?[ \t]*[:=]?[ \t]*)[^\r\n]+",
    r"(\b(?:basic|bearer)[ \t]+)[\w+/=.~-]{8,}",
    r"(\bresponse[ \t]*=[ \t]*\"?)[0-9a-f]{32,}",
    r"(\bsips?:[^@:\s<>\"']*:)[^@\s<>\"']+(?=@)",
    r"(\b(?:password|passwd|secret|token|ha1)[\"']?[ \t]*[:=][ \t]*[\"']?)[^\s\"',;&]+",
)
_SECRETS = tuple(re.compile(rule, re.IGNORECASE) for rule in _RULES)


def discreet(text: str) -> str:
    """The text with `HIDDEN` in place of passwords, tokens, and answers to challenges."""
    for secret in _SECRETS:
        text = secret.sub(rf"\1{HIDDEN}", text)
    return text


def on_lines(text: str, *, before: str) -> str:
    """Several lines, each behind `before`, with nothing in them that a terminal obeys.

    So no line of them is taken for one that begins at the margin.
    """
    return "\n".join(before + _printable(line) for line in text.split("\n"))


def _printable(line: str) -> str:
    return "".join(each if each.isprintable() else ascii(each)[1:-1] for each in line)
