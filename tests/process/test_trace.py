"""The reader of traces sees an answer that leaves too soon: tried on made-up traces."""

from __future__ import annotations

import pytest

from tests.process.trace import answers, durable_length, early, read_trace

WRITE = r'7 pwrite64(8</db-wal>, "\r\0\1\0 abc1 \0", 4096, 24) = 4096'
SYNC = "9 fdatasync(13</db-wal>) = 0"
SEND = (
    r'7 sendto(14<socket:[1]>, "SIP/2.0 200 OK\r\nTo: <sip:a@b>;tag=abc1\r\n'
    r'CSeq: 1 PUBLISH\r\n\r\n", 80, 0, {sa_family=AF_INET}, 16) = 80'
)
SEND_MANY = (
    r'7 sendmmsg(14<socket:[1]>, [{msg_hdr={msg_iov=[{iov_base="NOTIFY sip:c SIP/2.0\r\n", '
    r'iov_len=9}]}, msg_len=9}, {msg_hdr={msg_iov=[{iov_base="SIP/2.0 200 OK\r\n'
    r'To: <sip:a@b>;tag=abc1\r\n\r\n", iov_len=80}]}, msg_len=80}], 2, MSG_DONTWAIT) = 2'
)
BEGUN = "9 fdatasync(13</db-wal> <unfinished ...>"
DONE = "9 <... fdatasync resumed>) = 0"
FAILED = "9 <... fdatasync resumed>) = -1 EIO (Input/output error)"

TRACES = [
    ([WRITE, SYNC, SEND], True, "written, synced, sent"),
    ([WRITE, f"{SYNC} (DELAYED)", SEND], True, "a sync that strace made slow"),
    ([WRITE, BEGUN, DONE, SEND], True, "a sync that another thread's call cuts in two"),
    ([WRITE, SYNC, SEND_MANY], True, "sent with others"),
    ([WRITE, SEND, SYNC], False, "sent before the sync"),
    ([WRITE, SEND_MANY, SYNC], False, "sent before the sync, with others"),
    ([WRITE, BEGUN, SEND, DONE], False, "sent while the sync is under way"),
    ([BEGUN, WRITE, DONE, SEND], False, "a sync that began before the write"),
    ([WRITE, BEGUN, FAILED, SEND], False, "a sync that failed"),
    ([WRITE, BEGUN, f"{FAILED} (INJECTED)", SEND], False, "a sync that strace let fail"),
    ([WRITE, SYNC.replace("db-wal", "db"), SEND], False, "a sync of another file"),
    ([SYNC, SEND], False, "never written"),
    ([SEND], False, "nothing but an answer"),
    ([WRITE, BEGUN, SEND], False, "killed before the sync returned"),
    ([WRITE.replace("= 4096", "= ?"), SYNC, SEND], False, "killed before the write returned"),
]


@pytest.mark.parametrize(
    "lines, is_durable", [row[:2] for row in TRACES], ids=[r[2] for r in TRACES]
)
def test_an_answer_is_early_unless_a_sync_stands_between(
    lines: list[str], *, is_durable: bool
) -> None:
    assert early(read_trace(lines)) == ([] if is_durable else ["abc1"])


def test_each_answer_of_one_packet_is_seen() -> None:
    line = SEND.replace(r"\r\n\r\n", r"\r\n\r\n" + SEND.partition('"')[2].partition('"')[0], 1)
    assert [tag for _, tag in answers(read_trace([line]))] == ["abc1", "abc1"]


def test_what_is_refused_needs_no_sync() -> None:
    assert early(read_trace([SEND.replace("200 OK", "412 No")])) == []


def test_the_durable_part_of_the_log_is_what_the_last_sync_found() -> None:
    later = WRITE.replace(", 24)", ", 4144)")
    assert durable_length(read_trace([WRITE, SYNC, later, BEGUN])) == 4096 + 24
    assert durable_length(read_trace([WRITE, BEGUN, later, DONE])) == 4096 + 24
    assert durable_length(read_trace([WRITE, later, SYNC, SEND])) == 4096 + 4144
