"""What a terminal makes of the bytes it is sent: the picture, the modes, the answers. Pure.

pyte keeps the picture. What it would stumble over is taken out before, by a reader of control
sequences that knows where each one ends.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections.abc import Iterator

import pyte
from pyte import modes
from pyte.screens import Char
from wcwidth import wcwidth

KITTY = "kitty"
"""Stands among the modes while the keyboard speaks the protocol of that name."""
ALTERNATE = frozenset({47, 1047, 1049})
USUALLY_ON = frozenset({7, 25})
"""Line wrap and the cursor: these are switched off and on again."""
CONTROL = re.compile(
    r"\x1b(?:\[[0-?]*[ -/]*[@-~]|[\]PX^_][^\x1b\x07]*(?:\x1b\\|\x07)|[ -/]+[0-~]|[0-OQ-WYZ`-~\\])"
)
"""One whole control sequence: CSI, OSC and other strings, short escapes."""
CANCEL = "\x18"
"""Ends a sequence that was torn; what there is of it means nothing."""
_KNOWN = re.compile(r"\x1b(?:\[[\d;]*[@-HJ-MP`adefghlmr]|\[\?[\d;]*[hlJK]|[78DEHMc])")
"""What pyte understands."""
_SET = re.compile(r"\x1b\[\?([\d;]+)([hl])")
_ASKED_MODE = re.compile(r"\x1b\[\?(\d+)\$p")
_COLOUR = re.compile(r"\x1b\](1[01]);\?(?:\x1b\\|\x07)")


def split(text: str) -> Iterator[str]:
    """Control sequences, each whole, and the text between them. A torn one comes last."""
    at = 0
    while at < len(text):
        if found := CONTROL.match(text, at):
            yield found[0]
            at = found.end()
            continue
        if text[at] == "\x1b" and (cancelled := text.find(CANCEL, at)) >= 0:
            at = cancelled + 1
            continue
        end = text.find("\x1b", at + 1)
        torn = end < 0 or text[at] == "\x1b"
        yield text[at:] if torn else text[at:end]
        at = len(text) if torn else end


class Emulator:
    """An xterm with 256 colours. `ambiguous`: cells of signs that East Asian fonts draw wide.

    Drawing waits until somebody looks: a stream that is only counted costs next to nothing.
    """

    def __init__(self, columns: int, rows: int, ambiguous: int = 1) -> None:
        self._ambiguous = ambiguous
        self._normal = self._shown = _Screen(columns, rows, ambiguous)
        self._stream = pyte.Stream(self._shown)
        self._decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        self._rest = ""
        self._undrawn: list[str] = []
        self._changed: set[int] = set()
        self._keyboards = 0

    def feed(self, data: bytes) -> bytes:
        """Take what the program sends; what the terminal answers."""
        tokens = list(split(self._rest + self._decode(data)))
        torn = bool(tokens) and tokens[-1][0] == "\x1b" and not CONTROL.fullmatch(tokens[-1])
        self._rest = tokens.pop() if torn else ""
        return "".join(map(self._take, tokens)).encode()

    def _take(self, token: str) -> str:
        """One after the other: an answer may tell where the cursor is by then."""
        self._undrawn.append(token)
        return self._heard(token) if token[0] == "\x1b" else ""

    def _heard(self, control: str) -> str:
        """Note what changes modes, answer what asks."""
        if found := _SET.fullmatch(control):
            self._switch({int(n) for n in found[1].split(";") if n}, on=found[2] == "h")
        elif control.startswith("\x1b[>") and control.endswith("u"):
            self._keyboards += 1
        elif control.startswith("\x1b[<") and control.endswith("u"):
            self._keyboards = max(0, self._keyboards - 1)
        return self._answer(control)

    def _switch(self, numbers: set[int], *, on: bool) -> None:
        usual = {number for number in numbers if (number in USUALLY_ON) == on}
        self._changed = (self._changed | numbers) - usual

    def _answer(self, control: str) -> str:
        if found := _ASKED_MODE.fullmatch(control):
            return f"\x1b[?{found[1]};{self._setting(int(found[1]))}$y"
        if found := _COLOUR.fullmatch(control):
            return f"\x1b]{found[1]};{_COLOURS[found[1]]}\x1b\\"
        if control == "\x1b[6n":
            cursor = self.screen.cursor
            return f"\x1b[{cursor.y + 1};{min(cursor.x + 1, self.screen.columns)}R"
        return _IDENTITY.get(control, "")

    def _setting(self, number: int) -> int:
        """0 never heard of it, 1 on, 2 off."""
        if number not in _XTERM_MODES:
            return 0
        return 1 if (number in USUALLY_ON) != (number in self._changed) else 2

    @property
    def modes(self) -> set[int | str]:
        """Private modes that are not as they are in a fresh terminal; 25: the cursor is hidden."""
        keyboard = {KITTY} if self._keyboards else set()
        return {*self._changed, *keyboard}

    @property
    def screen(self) -> _Screen:
        """The picture as of now."""
        tokens, self._undrawn = self._undrawn, []
        for token in tokens:
            if found := _SET.fullmatch(token):
                self._turn(ALTERNATE & {int(n) for n in found[1].split(";") if n}, found[2] == "h")
            if token[0] != "\x1b" or _KNOWN.fullmatch(token):
                self._stream.feed(token)
        return self._shown

    def _turn(self, alternate: frozenset[int], on: bool) -> None:
        """To the alternate screen, an empty one, or back to the normal one as it was."""
        if alternate and on == (self._shown is self._normal):
            size = self._shown.columns, self._shown.lines
            self._shown = _Screen(*size, self._ambiguous) if on else self._normal
            self._stream = pyte.Stream(self._shown)

    def resize(self, columns: int, rows: int) -> None:
        """Give both screens another size."""
        for screen in {self.screen, self._normal}:
            screen.resize(rows, columns)


_IDENTITY = {
    "\x1b[c": "\x1b[?64;1;2;6;9;15;16;17;18;21;22;28c",
    "\x1b[0c": "\x1b[?64;1;2;6;9;15;16;17;18;21;22;28c",
    "\x1b[>c": "\x1b[>41;379;0c",
    "\x1b[>0c": "\x1b[>41;379;0c",
    "\x1b[>q": "\x1bP>|XTerm(379)\x1b\\",
    "\x1b[5n": "\x1b[0n",
}
"""Questions who this terminal is, as xterm answers them."""
_COLOURS = {"10": "rgb:e5e5/e5e5/e5e5", "11": "rgb:0000/0000/0000"}
_XTERM_MODES = {1, 5, 6, 7, 12, 25, 47, 1000, 1002, 1003, 1004, 1006, 1015, 1016, 1047, 1049, 2004}


class _Screen(pyte.Screen):
    """pyte's, but signs without a width do not end a text, and wide ones never hang over."""

    def __init__(self, columns: int, rows: int, ambiguous: int) -> None:
        self._ambiguous = ambiguous
        super().__init__(columns, rows)

    def width(self, sign: str) -> int:
        """Cells it takes."""
        return wcwidth(sign[:1], ambiguous_width=self._ambiguous)

    def draw(self, data: str) -> None:
        """Put signs at the cursor, which goes with them."""
        for sign in data:
            width = self.width(sign)
            if width > 0:
                self._put(sign, width)
            elif unicodedata.combining(sign) and self.cursor.x:
                self._combine(sign)

    def _put(self, sign: str, width: int) -> None:
        if self.cursor.x + width > self.columns:
            if modes.DECAWM in self.mode:
                self.carriage_return()
                self.linefeed()
            else:
                self.cursor.x = self.columns - width
        line, at = self.buffer[self.cursor.y], self.cursor.x
        line[at] = self.cursor.attrs._replace(data=sign)
        if width == 2:
            line[at + 1] = self.cursor.attrs._replace(data="")
        self.cursor.x += width

    def _combine(self, sign: str) -> None:
        line, at = self.buffer[self.cursor.y], self.cursor.x - 1
        at -= line[at].data == ""
        line[at] = line[at]._replace(data=unicodedata.normalize("NFC", line[at].data + sign))

    def cells(self, y: int) -> list[Char]:
        """One row, cell by cell: a wide sign and an empty text after it; halves of one are gone."""
        row = [self.buffer[y][x] for x in range(self.columns)]
        wide = [self.width(char.data) == 2 for char in row]
        whole = [here and nxt.data == "" for here, nxt in zip(wide, row[1:], strict=False)]
        whole.append(False)
        return [
            char._replace(data=" ")
            if (wide[x] and not whole[x]) or (char.data == "" and not (x and whole[x - 1]))
            else char
            for x, char in enumerate(row)
        ]
