"""What has passed, on a terminal, as lines of JSON, and as a capture."""

from __future__ import annotations

import io
import json

from rich.console import Console

from hereabouts.client.views import REFUSED, STYLES, CaptureFile, Event, JsonLines, Ladders
from hereabouts.roles.node import Way
from tests.client.captures import packets
from tests.client.passages import ALICE, ASKED, BOB, ELSEWHERE, answer, decided, shown
from tests.sip.packets import request


def console(*, is_terminal: bool = False) -> Console:
    return Console(
        file=io.StringIO(),
        width=100,
        highlight=False,
        force_terminal=is_terminal,
        color_system="truecolor" if is_terminal else None,
    )


def text(of: Console) -> str:
    assert isinstance(of.file, io.StringIO)
    return of.file.getvalue()


def kept(*events: Event, raw: bool = False) -> list[str]:
    """The lines of what was kept, without what is drawn between."""
    screen = console()
    Ladders(screen, raw=raw).show_kept(events)
    return text(screen).splitlines()


def test_one_dialog_is_drawn_at_once() -> None:
    lines = kept(shown(ASKED), decided(), answer())
    assert lines[0] == f"SUBSCRIBE {ALICE} -> {BOB}  c1"
    assert "udp:192.0.2.1:5062" in lines[1]
    assert lines[1].endswith("here")
    told = [line.strip(" |") for line in lines[3:] if line.strip(" |-<>")]
    assert [line.split("|")[-1].strip() for line in told] == [
        "SUBSCRIBE",
        "event: presence  expires: 600",
        "incoming-subscription: allow - he may",
        "200 Whatever",
    ]


def test_several_are_listed_first_and_each_is_drawn_whole() -> None:
    lines = kept(shown(ASKED), shown(ELSEWHERE), answer())
    assert lines[0].strip() == "Dialogs"
    titles = [line for line in lines if line.startswith(("SUBSCRIBE", "OPTIONS"))]
    assert titles == [f"SUBSCRIBE {ALICE} -> {BOB}  c1", f"OPTIONS {ALICE} -> {BOB}  another"]
    listed = [line for line in lines if line.startswith("│")]
    assert [line.split("│")[5].strip() for line in listed] == ["2", "1"]


def test_nothing_is_drawn_of_nothing() -> None:
    assert kept() == []
    assert kept(decided()) == [], "nor of a decision that no dialog is about"


def test_raw_shows_each_message_whole_and_moves_no_cursor() -> None:
    lines = kept(shown(request(body=b"[red]\x1b[2J")), raw=True)
    assert "    Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKa" in lines
    assert lines[-1] == "    [red] [2J"


def test_what_passes_is_drawn_on_the_ladder_of_its_dialog() -> None:
    screen = console()
    ladders = Ladders(screen)
    events: list[Event] = [
        shown(ASKED),
        decided(),
        answer(),
        shown(ELSEWHERE),
        shown(ASKED, host="192.0.2.9"),
    ]
    for event in events:
        ladders.show(event)
    titles = [line.split()[0] for line in text(screen).splitlines() if " -> " in line]
    assert titles == ["SUBSCRIBE", "OPTIONS", "SUBSCRIBE"], "begun again below another's"
    assert "udp:192.0.2.9:5062" in text(screen)


def test_what_has_gone_unseen_is_said() -> None:
    screen = console()
    Ladders(screen).show(7)
    assert text(screen) == "7 packets have gone before they were seen; trace.keep keeps more\n"


def test_arrows_have_the_colour_of_their_method_and_refusals_one_of_their_own() -> None:
    def drawn(*events: Event) -> str:
        screen = console(is_terminal=True)
        Ladders(screen).show_kept(events)
        return text(screen)

    codes = {"yellow": "\x1b[33m", "red": "\x1b[31m"}
    assert codes[STYLES["SUBSCRIBE"]] in drawn(shown(ASKED), answer())
    assert codes[REFUSED] not in drawn(shown(ASKED), answer())
    assert codes[REFUSED] in drawn(shown(ASKED), answer(status=403))


def test_lines_of_json_say_what_a_program_wants_to_know() -> None:
    screen = console()
    lines = JsonLines(screen, raw=True)
    lines.show_kept([shown(ASKED, at=1_700_000_000.25), decided()])
    lines.show(answer())
    lines.show(3)
    first, second, third, fourth = map(json.loads, text(screen).splitlines())
    assert (first["at"], first["way"]) == ("2023-11-14T22:13:20.250000+00:00", "in")
    assert (first["peer"], first["local"]) == ("udp:192.0.2.1:5062", "198.51.100.1:5060")
    assert (first["method"], first["status"], first["call_id"]) == ("SUBSCRIBE", None, "c1")
    assert first["message"].encode() == ASKED
    assert (second["decision"], second["because"]) == ("allow", "he may")
    assert (third["label"], third["status"]) == ("200 Whatever", 200)
    assert fourth == {"missed": 3}


def test_without_raw_no_line_has_a_message() -> None:
    screen = console()
    JsonLines(screen).show(shown(ASKED))
    assert "message" not in json.loads(text(screen))


def test_a_capture_has_the_packets_alone() -> None:
    file = io.BytesIO()
    capture = CaptureFile(file)
    assert packets(file.getvalue()) == []
    capture.show_kept([shown(ASKED), decided(), 3])
    capture.show(shown(ELSEWHERE, Way.OUT))
    assert [found.content for found in packets(file.getvalue())] == [ASKED, ELSEWHERE]
