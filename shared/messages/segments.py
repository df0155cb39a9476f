"""Count the SMS segments of a text, and rewrite it so that it takes fewer.

The GSM-7 alphabet is that of 3GPP TS 23.038. The look-alikes are those of Twilio's "Smart Encoding".
"""

# ruff: noqa: RUF001  (this file is about characters that look like others)

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

GSM_BASIC: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM_EXTENSION: Final = frozenset("^{}\\[]~|€\f")
"""Characters sent as an escape and a character: two septets."""
_GSM: Final = GSM_BASIC | GSM_EXTENSION

LOOK_ALIKES: Final = {
    '"': "«»“”„‟ʺˮ❝❞〝〞",
    "'": "‘’‛ʻʼʽˈʹ´ˊ`ˋ❛❜｀\u0313\u0314",
    ",": "‚︐︑、､﹐﹑\u0326",
    ".": "。｡﹒•",
    "...": "…",
    "!": "ǃ︕﹗",
    "!!": "‼",
    "?": "︖﹖",
    ":": "ː˸⦂꞉︓",
    ";": "⁏︔﹔",
    "-": "‐‑‒–—―⁃−⎼⎽﹘﹣",
    "_": "‗\u0332",
    "/": "÷⧸⁄∕\u0337\u0338",
    "\\": "⧹⧵﹨\u20e5",
    "|": "∣⎸⎹⏐⎜⎟\u20d2\u20d3",
    "(": "❨❪﹙⟮⦅",
    ")": "❩❫﹚⟯⦆",
    "{": "❴﹛",
    "}": "❵﹜",
    "<": "‹﹤",
    ">": "›﹥",
    "=": "꞊﹦\u0347",
    "+": "˖﹢",
    "*": "⁎∗⊛✢✣✤✥✱✲✳✺✻✼✽❃❉❊❋⧆﹡",
    "^": "ˆ\u0302\u1dcd",
    "~": "˜˷∼\u0303\u0330\u0334",
    "@": "﹫",
    "$": "﹩",
    "#": "﹟",
    "%": "﹪",
    "&": "﹠",
    "1/4": "¼",
    "1/2": "½",
    "3/4": "¾",
    "\n": "\u2028\u2029",
    " ": "\u2001",
    # Twilio writes the other wide spaces and C1 controls as two spaces, and a tab as seven.
    "  ": "\u00a0\u2000\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000",
    "       ": "\t",
    "": "\u200b\u2060\ufeff",
}
SMALL_CAPITALS: Final = ("ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢ", "ABCDEFGHIJKLMNOPRSTUVWYZ")
WITHOUT_DECOMPOSITION: Final = {"ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ı": "i", "œ": "oe", "Œ": "OE", "ð": "d"}

_SMART: Final = str.maketrans(
    {chr(code): "" for code in range(0x20) if chr(code) not in "\n\r\f\t"}
    | {chr(code): "  " for code in range(0x80, 0xA0)}
    | {chr(code + 0xFEE0): chr(code) for code in range(0x21, 0x7F)}  # full-width forms lie at a fixed distance
    | dict(zip(*SMALL_CAPITALS, strict=True))
    | {char: plain for plain, chars in LOOK_ALIKES.items() for char in chars}
)
_FRACTION_AFTER_DIGIT: Final = re.compile(r"(?<=\d)(?=[¼½¾])")  # 2½ must not become 21/2
_ZERO_WIDTH_JOINER: Final = "\u200d"


@dataclass(frozen=True, slots=True)
class Segments:
    """The cost of a text.

    `count`: segments paid for, at least one. `characters`: septets for GSM-7 (an extension character is two), else
    visible characters (a family emoji is one).
    """

    encoding: Literal["GSM-7", "UCS-2"]
    count: int
    characters: int


def is_gsm(text: str) -> bool:
    """Whether GSM-7 has every character."""
    return _GSM.issuperset(text)


def to_gsm(text: str) -> str:
    """Return `text` with typographic characters replaced by their GSM-7 look-alikes; others stay."""
    return text.translate(_SMART)


def cheapest(text: str) -> str:
    """Return `text` rewritten to take the fewest segments.

    Typographic characters become look-alikes, and letters that GSM-7 lacks lose their accents, only if the whole text
    becomes GSM-7. A text that needs UCS-2 anyway (emoji, Cyrillic) keeps both: replacing them would save nothing.
    """
    if is_gsm(text):
        return text
    composed = unicodedata.normalize("NFC", text)
    smart = to_gsm(_FRACTION_AFTER_DIGIT.sub(" ", composed))
    folded = "".join(char if is_gsm(char) else _folded(char) for char in smart)
    candidates = [version for version in (smart, folded) if is_gsm(version)]
    return min((*candidates, composed), key=lambda version: count_segments(version).count)


def count_segments(text: str) -> Segments:
    """Count the segments of `text` as it stands: one of 160 septets or 70 UTF-16 units, several of 153 or 67 each."""
    if is_gsm(text) and GSM_EXTENSION.isdisjoint(text):  # as nearly every text is
        return Segments("GSM-7", 1 if len(text) <= 160 else -(-len(text) // 153), len(text))
    if is_gsm(text):
        septets = [2 if char in GSM_EXTENSION else 1 for char in text]
        return Segments("GSM-7", _packed(septets, alone=160, joined=153), sum(septets))
    units = [2 if ord(char) > 0xFFFF else 1 for char in text]
    return Segments("UCS-2", _packed(units, alone=70, joined=67), len(clusters(text)))


def clusters(text: str) -> list[str]:
    """Split `text` into visible characters (grapheme clusters): UAX 29, near enough for names and emoji."""
    return list(_clusters(text))


def _clusters(text: str) -> Iterator[str]:
    start = 0
    for place in range(1, len(text)):
        if not _belongs(text[start:place], text[place]):
            yield text[start:place]
            start = place
    if text:
        yield text[start:]


def _belongs(before: str, char: str) -> bool:
    """Whether `char` continues the character that a reader sees in `before`."""
    if unicodedata.category(char) in ("Mn", "Mc", "Me") or char in (_ZERO_WIDTH_JOINER, "\u200c"):
        return True
    if "\U0001f3fb" <= char <= "\U0001f3ff" or "\U000e0020" <= char <= "\U000e007f":  # skin tones, flags' tags
        return True
    if before[-1] == _ZERO_WIDTH_JOINER:
        return unicodedata.category(char) == "So"
    return before + char == "\r\n" or (len(before) == 1 and _is_regional(before) and _is_regional(char))


def _is_regional(char: str) -> bool:
    """Whether `char` is half of a country's flag."""
    return "\U0001f1e6" <= char <= "\U0001f1ff"


def _packed(sizes: list[int], *, alone: int, joined: int) -> int:
    """Return how many segments hold characters of these sizes, none of them split."""
    if sum(sizes) <= alone:
        return 1
    count, used = 1, 0
    for size in sizes:
        if used + size > joined:
            count, used = count + 1, 0
        used += size
    return count


def _folded(char: str) -> str:
    """Return a character without accents, joiners and variation selectors: á is a, ﬁ is fi."""
    parts = unicodedata.normalize("NFKD", WITHOUT_DECOMPOSITION.get(char, char))
    return "".join(part for part in parts if unicodedata.category(part) not in ("Mn", "Cf"))
