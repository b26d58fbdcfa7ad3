"""The terminal that other tests look through: what it shows, answers, sends and measures."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from tests.tui.emulator import CONTROL, Emulator, split
from tests.tui.keys import code
from tests.tui.terminal import KITTY, Terminal, hostile, hostile_free

Start = Callable[..., Terminal]
READY = "import sys, termios, tty, signal, time\ntty.setraw(0)\nprint('ready', flush=True)\n"
ECHO = READY + "while True: print(ascii(sys.stdin.read(1)), end='', flush=True)\n"


@pytest.fixture
def start() -> Iterator[Start]:
    with ExitStack() as stack:
        yield lambda *argv, **options: stack.enter_context(Terminal(argv, **options))


def python(text: str) -> tuple[str, ...]:
    return (sys.executable, "-c", text)


def shown(data: str, columns: int = 10, ambiguous: int = 1) -> list[str]:
    emulator = Emulator(columns, 2, ambiguous)
    emulator.feed(data.encode())
    screen = emulator.screen
    return ["".join(cell.data for cell in screen.cells(y)) for y in range(2)]


# The picture


@pytest.mark.parametrize(
    ("data", "row"),
    [
        ("在庫ab", "在庫ab    "),
        ("在庫\x1b[1;2Hx", " x庫      "),
        ("在庫\x1b[1;1Hx", "x 庫      "),
        ("a\u200db\ufe0fc", "abc       "),
        ("か\u3099", "が        "),
        ("\x1b[<u\x1b[>13u\x1b[>4;2mx", "x         "),
        ("\x1bPq#0\x1b\\\x1b]0;title\x07x", "x         "),
        ("\x1b[?7l123456789在", "12345678在"),
    ],
)
def test_a_row_is_as_wide_as_the_screen_whatever_is_drawn(data: str, row: str) -> None:
    assert shown(data)[0] == row


def test_a_wide_sign_that_does_not_fit_goes_to_the_next_row() -> None:
    assert shown("123456789在") == ["123456789 ", "在        "]


def test_ambiguous_signs_take_what_the_terminal_is_set_to() -> None:
    assert shown("─x")[0] == "─x        "
    assert shown("─x", ambiguous=2)[0] == "─x       "


def test_the_alternate_screen_is_another_one_and_gives_the_first_back() -> None:
    assert shown("shell\x1b[?1049h\x1b[Happ")[0] == "app       "
    assert shown("shell\x1b[?1049h\x1b[Happ\x1b[?1049l")[0] == "shell     "


def test_sequences_may_be_torn_anywhere() -> None:
    data = "\x1b[31m赤\x1b[0m\x1b]0;t\x1b\\é".encode()
    emulator = Emulator(10, 1)
    for byte in data:
        emulator.feed(bytes([byte]))
    cells = emulator.screen.cells(0)
    assert [(cell.data, cell.fg) for cell in cells[:3]] == [
        ("赤", "red"),
        ("", "red"),
        ("é", "default"),
    ]


def test_a_stream_is_split_at_its_sequences() -> None:
    text = "a\x1b[1;2Hb\x1b]0;t\x1b\\\x1b7c\x1b[?2026$p\x1b(B\x1b[3"
    parts = ["a", "\x1b[1;2H", "b", "\x1b]0;t\x1b\\", "\x1b7", "c", "\x1b[?2026$p", "\x1b(B"]
    assert list(split(text)) == [*parts, "\x1b[3"]
    assert not CONTROL.fullmatch("\x1b[3")


# Answers and modes


@pytest.mark.parametrize(
    ("asked", "answered"),
    [
        ("\x1b[?2026$p", "\x1b[?2026;0$y"),
        ("\x1b[?25$p", "\x1b[?25;1$y"),
        ("\x1b[?25l\x1b[?25$p", "\x1b[?25;2$y"),
        ("\x1b[?1006h\x1b[?1006$p", "\x1b[?1006;1$y"),
        ("在\x1b[6n", "\x1b[1;3R"),
        ("\x1b[5n", "\x1b[0n"),
        ("\x1b]11;?\x1b\\", "\x1b]11;rgb:0000/0000/0000\x1b\\"),
        ("\x1b[?u", ""),
    ],
)
def test_questions_are_answered_as_xterm_does(asked: str, answered: str) -> None:
    assert Emulator(10, 2).feed(asked.encode()).decode() == answered


def test_modes_are_those_that_were_left_switched() -> None:
    emulator = Emulator(10, 2)
    emulator.feed(b"\x1b[?1049h\x1b[?1000;1006h\x1b[?25l\x1b[>1u\x1b[?7l")
    assert emulator.modes == {1049, 1000, 1006, 25, 7, KITTY}
    emulator.feed(b"\x1b[?7h\x1b[<u\x1b[?25h\x1b[?1000l\x1b[?1049l")
    assert emulator.modes == {1006}


# What may be sent


@pytest.mark.parametrize(
    "raw",
    [
        b"\x1b]52;c;aGk=\x07",
        b"\x1b]0;title\x07",
        b"\x1b]8;;http://x\x1b\\",
        b"\x1bP1$r\x1b\\",
        b"\x1b[2t",
        b"\x1b[?3h",
        b"\x1bc",
        b"\x07",
        b"\x9b2J",
        "\x9b2J".encode(),
        "\u202e".encode(),
        b"\xff",
        b"\x1b[31",
    ],
)
def test_what_steers_a_terminal_is_hostile(raw: bytes) -> None:
    assert len(hostile(b"before\r\n" + raw)) == 1
    with pytest.raises(AssertionError, match="raw"):
        hostile_free(raw)


def test_an_application_may_draw() -> None:
    drawn = (
        "\x1b[?1049h\x1b[H\x1b[38;2;1;2;3;48;5;7m在庫 ✓\t\ufffd\x1b[0m\x1b[?25l\x1b[6n\x1b[<u\r\n"
    )
    assert hostile_free(drawn.encode() + "在".encode()[:2])


# Keys


def test_keys_are_sent_as_xterm_sends_them() -> None:
    names = ("enter", "f3", "f5", "up", "ctrl+p", "shift+tab", "alt+x", "ctrl+up", "shift+f5", "在")
    sent = ["\r", "\x1bOR", "\x1b[15~", "\x1b[A", "\x10", "\x1b[Z", "\x1bx", "\x1b[1;5A"]
    assert [code(name) for name in names] == [*sent, "\x1b[15;2~", "在"]
    with pytest.raises(KeyError):
        code("entre")


# A program in it


def test_the_program_has_a_terminal_of_the_size_that_is_said(start: Start) -> None:
    terminal = start("sh", "-c", "stty size; tty; echo 在庫 </dev/tty; cat", columns=50, rows=7)
    terminal.wait("在庫")
    assert terminal.screen()[0] == "7 50".ljust(50)
    assert "/dev/" in terminal.screen()[1]
    assert terminal.find("庫") == (2, 2)
    assert terminal.cell(1, 2).data == ""


def test_what_is_typed_arrives_and_is_shown(start: Start) -> None:
    terminal = start(*python(ECHO))
    terminal.wait("ready")
    terminal.press("x", "esc", "enter")
    terminal.type("在")
    terminal.wait(r"'x''\x1b''\r''\u5728'")
    assert terminal.received == len(terminal.raw)


def test_a_paste_is_marked_where_the_program_asked_for_it(start: Start) -> None:
    terminal = start(*python("print('\\x1b[?2004h')\n" + ECHO))
    terminal.wait("ready")
    terminal.paste("a")
    terminal.click(4, 2)
    terminal.wait("'M'")
    plain = terminal.text().replace("'", "").replace("\n", "")
    assert r"\x1b[200~a\x1b[201~\x1b[<0;5;3M" in plain


def test_a_resize_is_told_to_the_program(start: Start) -> None:
    told = (
        "signal.signal(28, lambda *_: print(*__import__('os').get_terminal_size(), flush=True))\n"
    )
    terminal = start(*python(READY + told + "print('set', flush=True)\nwhile True: time.sleep(9)"))
    terminal.wait("set")
    terminal.resize(100, 30)
    terminal.wait("100 30")
    assert len(terminal.screen()) == 30


def test_waiting_in_vain_shows_the_picture(start: Start) -> None:
    terminal = start("echo", "something else")
    with pytest.raises(AssertionError, match=r"(?s)has ended.*something else"):
        terminal.wait("this", limit=60)


def test_modes_left_on_and_a_raw_line_are_not_sane(start: Start) -> None:
    left = start("printf", r"\033[?1049h\033[?25l")
    assert left.end() == 0
    assert left.modes() == {1049, 25}
    assert not left.sane()
    raw = start(*python(READY))
    assert raw.end() == 0
    assert not raw.sane()
    assert start("echo", "fine").sane()


def test_signals_and_exit_codes(start: Start) -> None:
    terminal = start("sleep", "60")
    assert terminal.alive
    terminal.signal(signal.SIGTERM)
    assert terminal.end() == -signal.SIGTERM
    assert not terminal.alive
    assert start("sh", "-c", "exit 7").end() == 7


def test_a_program_is_told_that_its_terminal_is_gone(start: Start) -> None:
    terminal = start("sh", "-c", "trap 'exit 3' HUP; echo ready; while :; do sleep 0.05; done")
    terminal.wait("ready")
    terminal.hang_up()
    assert terminal.end() == 3


def test_a_program_that_ignores_the_hang_up_is_ended(start: Start) -> None:
    terminal = start(*python("import signal\nsignal.signal(1, signal.SIG_IGN)\n" + ECHO))
    terminal.wait("ready")
    terminal.close()
    assert not terminal.alive


def test_a_frozen_terminal_holds_the_program_up(start: Start) -> None:
    terminal = start(*python("while True: print('x' * 79, flush=True)"))
    terminal.wait("xxx")
    with terminal.frozen():
        terminal.settle()
        before = terminal.received
        terminal.wait(lambda t: t.process.status() == "sleeping")
        assert terminal.received == before
    terminal.wait(lambda t: t.received > before)


def test_cpu_is_counted_with_that_of_children(start: Start) -> None:
    terminal = start("sh", "-c", "sh -c 'while :; do :; done'; true")
    terminal.wait(lambda t: t.cpu() > 0.05)
    assert terminal.memory() > 0
