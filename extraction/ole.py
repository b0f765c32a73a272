"""The names in an OLE container (old Office files, encrypted new ones, Outlook messages).

As far as needed to say what such a file is: the directory of [MS-CFB], chapter 2.6.
"""

import struct
from typing import BinaryIO

MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
FREE = 0xFFFFFFFA  # and above: no sector
NONE = 0xFFFFFFFF
ENTRY = 128
DIRECTORY = 4 * 1024 * 1024  # bytes of it that are read at most: 32,000 entries
SHORT = 4096  # bytes; shorter streams lie in the root's stream,
SHORT_SECTOR = 64  # in sectors of so many bytes
FILE_PASS = 0x2F
FIRST_RECORDS = 8
SECTORS = 1_000  # of the table of sectors that are looked at for the directory's chain


def names(file: BinaryIO) -> set[str]:
    """Return the names of what lies at the top of the container, in small letters.

    What cannot be followed (the file is damaged) is left out.
    """
    entries = _entries(file)
    if not entries:
        return set()
    found = set()
    waiting = [_number(entries[0], 76)]
    seen: set[int] = set()
    while waiting:
        number = waiting.pop()
        if number >= len(entries) or number in seen:
            continue
        seen.add(number)
        entry = entries[number]
        found.add(_name(entry))
        waiting += (_number(entry, 68), _number(entry, 72))
    return found


def is_locked(file: BinaryIO) -> bool:
    """Tell whether the workbook in the container is encrypted ([MS-XLS], 2.4.117 "FilePass").

    That is said behind its first record, before anything of which there may be much.
    """
    head = _beginning(file, ("workbook", "book"))
    at = 0
    for _ in range(FIRST_RECORDS):
        if len(head) < at + 4:
            return False
        kind, length = struct.unpack_from("<2H", head, at)
        if kind == FILE_PASS:
            return True
        at += 4 + length
    return False


def _beginning(file: BinaryIO, names: tuple[str, ...]) -> bytes:
    """Return the first sector of a stream, which may be a short one within the root's own."""
    entries = _entries(file)
    found = next((entry for entry in entries if _name(entry) in names), None)
    if found is None:
        return b""
    file.seek(0)
    head = file.read(512)
    size = 1 << struct.unpack_from("<H", head, 30)[0]
    if _number(found, 120) >= SHORT:
        return _sector(file, _number(found, 116), size)
    place = _number(found, 116) * SHORT_SECTOR
    table = _table(file, head, size)
    sector = _number(entries[0], 116)
    for _ in range(place // size):
        if sector >= len(table):
            return b""
        sector = table[sector]
    return _sector(file, sector, size)[place % size :] if sector < FREE else b""


def _name(entry: bytes) -> str:
    length = min(max(struct.unpack_from("<H", entry, 64)[0] - 2, 0), 62)
    return entry[:length].decode("utf-16-le", "replace").lower()


def _number(entry: bytes, at: int) -> int:
    found: int = struct.unpack_from("<L", entry, at)[0]
    return found


def _entries(file: BinaryIO) -> list[bytes]:
    file.seek(0)
    head = file.read(512)
    if len(head) < 512:
        return []
    shift = struct.unpack_from("<H", head, 30)[0]
    if shift not in (9, 12):
        return []
    size = 1 << shift
    table = _table(file, head, size)
    sector = _number(head, 48)
    found: list[bytes] = []
    seen: set[int] = set()
    while sector < FREE and sector not in seen and len(found) * ENTRY < DIRECTORY:
        seen.add(sector)
        block = _sector(file, sector, size)
        found += [block[at : at + ENTRY] for at in range(0, len(block) - ENTRY + 1, ENTRY)]
        if sector >= len(table):
            break
        sector = table[sector]
    return found


def _table(file: BinaryIO, head: bytes, size: int) -> list[int]:
    """Return which sector follows on which."""
    found: list[int] = []
    for number in struct.unpack_from("<109L", head, 76)[:SECTORS]:
        if number >= FREE:
            break
        block = _sector(file, number, size)
        found += struct.unpack(f"<{len(block) // 4}L", block[: len(block) // 4 * 4])
    return found


def _sector(file: BinaryIO, number: int, size: int) -> bytes:
    file.seek((number + 1) * size)
    return file.read(size)
