"""Personal data taken out of what is written to logs and messages."""

from __future__ import annotations

import re

HIDDEN = "***"
_DOMAIN = r"[@＠](?:[\w-]+\.)+[A-Za-z]{2,}"
_DASH = "[-‐‑‒–—―−ーｰ－. 　]?"
_OPEN, _SHUT = "[(（]?", "[)）]?"
# Japanese letters may stand right beside: 電話は03-1234-5678です
_ALONE, _END = "(?<![A-Za-z0-9０-９_.])", "(?![A-Za-z0-9０-９_])"
_PATTERNS = [
    # Plain names first: in Japanese nothing stands between the words before and an address.
    rf"[A-Za-z0-9._%+'-]{{1,64}}{_DOMAIN}",
    rf"[\w.%+-]{{1,64}}{_DOMAIN}",
    # +81 90 1234 5678, +1 (555) 123-4567
    rf"[+＋]\d{{1,3}}(?:{_DASH}{_OPEN}\d{{1,4}}{_SHUT}){{2,5}}{_END}",
    # 090-1234-5678, 03(1234)5678, 0120-123-456, 0312345678, ０３－１２３４－５６７８
    rf"{_ALONE}{_OPEN}[0０][1-9１-９]\d{{0,3}}{_SHUT}{_DASH}{_OPEN}\d{{1,4}}{_SHUT}{_DASH}\d{{3,4}}{_END}",
    # 555-123-4567, (555) 123-4567
    rf"{_ALONE}(?:\(\d{{3}}\) ?|\d{{3}}[-. ])\d{{3}}[-. ]\d{{4}}{_END}",
]
_FOUND = [re.compile(pattern) for pattern in _PATTERNS]
_CARD = re.compile(rf"{_ALONE}\d(?:[-‐－ ]?\d){{13,18}}{_END}")


def mask(text: str, *secrets: str) -> str:
    """The text with `***` for e-mail addresses, telephone numbers, card numbers and `secrets`.

    Telephone numbers are those of Japan, also in full-width figures, of North America, and any
    with +; card numbers have 14 to 19 digits and the right check digit, so that codes of articles
    stay. It rather hides too much; it is no proof that nothing personal is left.
    """
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        text = text.replace(secret, HIDDEN)
    text = _CARD.sub(_card, text)
    for pattern in _FOUND:
        text = pattern.sub(HIDDEN, text)
    return text


def _card(found: re.Match[str]) -> str:
    digits = [int(c) for c in found[0] if c.isdecimal()]
    doubled = [sum(divmod(2 * d, 10)) for d in digits[-2::-2]]
    return HIDDEN if (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0 else found[0]
