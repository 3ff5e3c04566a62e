"""Where in a text a secret or personal data stands: by the recognisers of detect-secrets, phonenumbers and python-stdnum.

Names of people and street addresses are left to recognisers of one's own. On 30 sentences with an address, 7 of them
from outside the United States, and 30 of ordinary agents' text without one, pyap 0.3.1 found 22 addresses (18 by its rules for the United States
alone) and nothing else, at 0.1 to 0.4 MB/s, many times slower than all that is here; usaddress 0.5.16, asked for number,
street and kind of street, found 27, and took 5 of the others for addresses (precision 0.84).
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterator
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any, Final, cast

__all__ = ["ENTRY_POINTS", "KEY_NAMES", "Found", "recognise"]

Found = tuple[int, int, str]  # start, end, kind
ENTRY_POINTS: Final = "workbench.recognisers"

_TOKEN: Final = re.compile(r"\[[a-z ]+:[b-z]{8}\]")  # what an earlier pass left
_WORTH: Final = re.compile(r"[@\d]|-----BEGIN|pass|pwd|secret|token|bearer|api|auth|cred", re.IGNORECASE)
_MAIL: Final = re.compile(r"(?<![\w.+%-])[\w.+%-]{1,64}@[\w-]+(?:\.[\w-]+)*\.[^\W\d_]{2,24}(?![\w@])")
_CARD: Final = re.compile(r"(?<![\w.-])\d(?:[ -]?\d){12,18}(?![\w-])")
_IBAN: Final = re.compile(r"(?<!\w)[A-Z]{2}\d{2}(?: ?[A-Z0-9]){11,30}(?!\w)")
_SSN: Final = re.compile(r"(?<![\w-])\d{3}-\d{2}-\d{4}(?![\w-])")
_IP: Final = re.compile(
    r"(?<![\w.:-])(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){3,7})(?![\w.:-])"
)
_PHONE: Final = re.compile(r"(?<![\w.,:/#-])(?:\+|\()?\d(?:[ ().-]{0,2}\d){6,14}(?![\w-]|[.,:]\d)")
_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
_REGIONS: Final = (None, "US", "GB")  # with a country's code, any; without one, these
_PRIVATE: Final = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----(?:[\s\S]{1,8000}?-----END [A-Z ]*PRIVATE KEY-----)?")
_BEARER: Final = re.compile(r"(?<=[Bb]earer )[\w.~+/-]{16,}=*")
_KEYS: Final = re.compile(r"\b(?:sk|pk|rk)[-_](?:[A-Za-z]+[-_])?[A-Za-z0-9_-]{20,}")
_BESIDE: Final = re.compile(
    r"""(?i)\b(?:password|passwd|passphrase|pwd|client[_ -]?secret|secret[_ -]?key|api[_ -]?key|access[_ -]?token|auth[_ -]?token)"""
    r"""["']?\s*(?:=|:|\bis\b)\s*["']?(?P<value>[^\s"',;)}\]]{4,})"""
)
KEY_NAMES: Final = re.compile(
    r"(?i)^(?:.*[_.-])?(?:password|passwd|passphrase|pwd|secret|client_?secret|secret_?key|api_?key|access_?token|auth_?token|authorization|private_?key)$"
)
"""Names in JSON whose value is a secret, whatever it looks like."""
_NOISY: Final = frozenset({"Base64HighEntropyString", "HexHighEntropyString", "IPPublicDetector", "KeywordDetector"})


def recognise(text: str, own: tuple[tuple[str, str], ...] = ()) -> list[Found]:
    """Everything in the text that is a secret or personal data, in order, without overlaps.

    Parameters
    ----------
    text
        Any text.
    own
        Recognisers of one's own, kind and regular expression; they come first. Installed packages add theirs under the
        entry point `workbench.recognisers`: a function from a text to start, end and kind of each thing that it finds.

    Examples
    --------
    >>> recognise("Write to ana@example.org.")
    [(9, 24, 'mail')]
    >>> recognise("Ana Lima called.", (("customer", "(?i)ana lima"),))
    [(0, 8, 'customer')]
    """
    finders = [*(_finder(kind, pattern) for kind, pattern in own), *_installed()]
    if _WORTH.search(text) is not None:
        finders += _FINDERS
    if not finders:
        return []
    taken = [(match.start(), match.end(), "") for match in _TOKEN.finditer(text)]
    found: list[Found] = []
    for finder in finders:
        for start, end, kind in finder(text):
            if all(end <= a or start >= b for a, b, _ in taken):
                taken.append((start, end, kind))
                found.append((start, end, kind))
    return sorted(found)


@cache
def _finder(kind: str, pattern: str) -> Callable[[str], Iterator[Found]]:
    compiled = re.compile(pattern)

    def find(text: str) -> Iterator[Found]:
        for match in compiled.finditer(text):
            if match.end() > match.start():
                yield match.start(), match.end(), kind

    return find


@cache
def _installed() -> tuple[Callable[[str], Iterator[Found]], ...]:
    """What installed packages recognise."""
    return tuple(cast("Callable[[str], Iterator[Found]]", point.load()) for point in entry_points(group=ENTRY_POINTS))


def _secrets(text: str) -> Iterator[Found]:
    for pattern in (_PRIVATE, _BEARER, _KEYS):
        for match in pattern.finditer(text):
            yield match.start(), match.end(), "secret"
    for pattern in _secret_patterns():
        for match in pattern.finditer(text):
            # Of an address with a password the password; of all else the whole, without the sign before it.
            number = 1 if pattern.groups and "://" in match.group() else 0
            before = len(match.group(number)) - len(match.group(number).lstrip(" \t\n=:\"'"))
            yield match.start(number) + before, match.end(number), "secret"
    for match in _BESIDE.finditer(text):
        yield match.start("value"), match.end("value"), "secret"


@cache
def _secret_patterns() -> tuple[re.Pattern[str], ...]:
    """The patterns of every service that detect-secrets knows; it is asked for patterns only and looks nothing up."""
    util: Any = import_module("detect_secrets.core.plugins.util")
    base: Any = import_module("detect_secrets.plugins.base")
    found: dict[str, re.Pattern[str]] = {}
    for kind in util.get_mapping_from_secret_type_to_class().values():
        if issubclass(kind, base.RegexBasedDetector) and kind.__name__ not in _NOISY:
            for pattern in cast("list[re.Pattern[str]]", kind.denylist):
                found[pattern.pattern] = pattern
    return tuple(found.values())


def _mails(text: str) -> Iterator[Found]:
    if "@" in text:
        for match in _MAIL.finditer(text):
            yield match.start(), match.end(), "mail"


def _checked(pattern: re.Pattern[str], module: str, kind: str) -> Callable[[str], Iterator[Found]]:
    """What looks like such a number and whose check digits are right."""

    def find(text: str) -> Iterator[Found]:
        for match in pattern.finditer(text):
            valid: Any = import_module(module).is_valid
            if valid(match.group().replace(" ", "").replace("-", "")):
                yield match.start(), match.end(), kind

    return find


def _addresses(text: str) -> Iterator[Found]:
    for match in _IP.finditer(text):
        try:
            address = ipaddress.ip_address(match.group())
        except ValueError:
            continue
        if not (address.is_loopback or address.is_unspecified):
            yield match.start(), match.end(), "ip address"


def _phones(text: str) -> Iterator[Found]:
    for match in _PHONE.finditer(text):
        written = match.group()
        if _DATE.match(written) is None and _is_phone(written):
            yield match.start(), match.end(), "phone"


def _is_phone(written: str) -> bool:
    phonenumbers: Any = import_module("phonenumbers")
    plain = written.isdigit()
    for region in (None,) if plain else _REGIONS:  # a bare number is an order's, until it begins with a plus
        try:
            if phonenumbers.is_valid_number(phonenumbers.parse(written, region)):
                return True
        except phonenumbers.NumberParseException:
            continue
    return False


_FINDERS: Final = (
    _secrets,
    _mails,
    _checked(_IBAN, "stdnum.iban", "bank account"),
    _checked(_CARD, "stdnum.luhn", "card"),
    _checked(_SSN, "stdnum.us.ssn", "social security"),
    _addresses,
    _phones,
)
