"""The ZIP archive that an Office file is, read with care: nothing in it is believed, all is counted.

Written here and not left to Python's ``zipfile`` because that trusts the sizes an archive gives,
lets entries overlap, and takes longer to import than a document takes to read. The form is that of
APPNOTE.TXT 6.3 (PKWARE), with "stored" and "deflated", which is all that Office files use.
"""

import io
import struct
import zlib
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from extraction.pieces import Refused

ENTRIES = 10_000
PART = 200 * 1024 * 1024  # bytes of one entry, unpacked
WHOLE = 512 * 1024 * 1024  # bytes of all that is unpacked
RATIO = 200  # nothing that people write packs better, once it is
RATIO_FROM = 10 * 1024 * 1024  # bytes long
BLOCK = 256 * 1024

END = struct.Struct("<4s4H2LH")
END64_PLACE = struct.Struct("<4sLQL")
END64 = struct.Struct("<4sQ2H2L4Q")
CENTRAL = struct.Struct("<4s6H3L5H2L")
LOCAL = struct.Struct("<4s5H3L2H")
ENCRYPTED = 0x1
UTF8 = 0x800
STORED, DEFLATED = 0, 8


class Entry(NamedTuple):
    """One file in the archive, as its central directory says."""

    name: str
    flags: int
    method: int
    crc: int
    packed: int
    size: int
    offset: int


class Archive:
    """An archive whose table of contents has been checked.

    Raises Refused: "truncated" when the table is missing, "broken" when it lies, "unsafe" for
    names that lead elsewhere, "password", and "bomb" for what unpacks to far more than is written.
    """

    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        self.unpacked = 0
        self.entries: dict[str, Entry] = {}
        #: The names of parts are the same in small and capital letters (OPC, 6.2.2.3).
        self._by_small: dict[str, Entry] = {}
        entries, end = _entries(file)
        for entry in entries:
            if entry.name in self.entries:
                raise Refused("broken", why="two entries of one name")
            _check_name(entry.name)
            self.entries[entry.name] = entry
            self._by_small.setdefault(entry.name.lower(), entry)
        _check_overlap(entries, end)

    def __contains__(self, name: str) -> bool:
        return self.find(name) is not None

    def find(self, name: str) -> Entry | None:
        """Return the entry of this name, be it in other letters."""
        return self.entries.get(name) or self._by_small.get(name.lower())

    def get(self, name: str, limit: int = PART) -> bytes:
        """Return the whole of a part, which must be there; no more than ``limit`` bytes."""
        found = io.BytesIO()
        for block in self.blocks(name):
            found.write(block)
            if found.tell() > limit:
                raise Refused("bomb")
        return found.getvalue()

    def blocks(self, name: str) -> Iterator[bytes]:
        """Yield a part unpacked, block by block, while counting. Raises Refused."""
        entry = self.find(name)
        if entry is None:
            raise Refused("broken", why=f"{name} is missing")
        if entry.flags & ENCRYPTED:
            raise Refused("password")
        size = crc = 0
        for block in self._unpacked(entry):
            size += len(block)
            self.unpacked += len(block)
            if (
                size > PART
                or self.unpacked > WHOLE
                or (size > RATIO_FROM and size > RATIO * entry.packed)
            ):
                raise Refused("bomb")
            crc = zlib.crc32(block, crc)
            yield block
        if crc != entry.crc:
            raise Refused("broken", why="a checksum is wrong")

    def measure(self) -> None:
        """Unpack everything once, for a library that will do so without counting. Raises Refused."""
        for name in self.entries:
            for _ in self.blocks(name):
                pass

    def _unpacked(self, entry: Entry) -> Iterator[bytes]:
        self.file.seek(entry.offset)
        head = self.file.read(LOCAL.size)
        if len(head) < LOCAL.size or not head.startswith(b"PK\3\4"):
            raise Refused("broken", why="an entry is not where it should be")
        *_, names, extra = LOCAL.unpack(head)
        at = entry.offset + LOCAL.size + names + extra
        if entry.method == STORED:
            return self._packed(at, entry.packed)
        if entry.method == DEFLATED:
            return _inflated(self._packed(at, entry.packed))
        raise Refused("broken", why=f"packing method {entry.method}")

    def _packed(self, at: int, left: int) -> Iterator[bytes]:
        while left > 0:
            # Others may be read between two blocks.
            self.file.seek(at)
            block = self.file.read(min(BLOCK, left))
            if not block:
                raise Refused("truncated")
            at += len(block)
            left -= len(block)
            yield block


def _inflated(packed: Iterator[bytes]) -> Iterator[bytes]:
    unpack = zlib.decompressobj(-15)
    for block in packed:
        rest = block
        while rest and not unpack.eof:
            try:
                out = unpack.decompress(rest, BLOCK)
            except zlib.error as error:
                raise Refused("broken", why="packed data are damaged") from error
            if out:
                yield out
            rest = unpack.unconsumed_tail
    while not unpack.eof:
        out = unpack.decompress(b"", BLOCK)
        if not out:
            raise Refused("broken", why="packed data end too early")
        yield out


def _entries(file: BinaryIO) -> tuple[list[Entry], int]:
    """Return what the table of contents lists, and where that table begins."""
    count, size, at, shift = _table(file)
    if count > ENTRIES:
        raise Refused("bomb")
    file.seek(at)
    table = file.read(size)
    found = []
    place = 0
    for _ in range(count):
        if len(table) - place < CENTRAL.size:
            raise Refused("truncated" if len(table) < size else "broken")
        entry, place = _entry(table, place, shift)
        found.append(entry)
    return found, at


def _table(file: BinaryIO) -> tuple[int, int, int, int]:
    """Return entries, bytes and place of the table of contents, and by how much all is shifted."""
    whole = file.seek(0, 2)
    tail_at = max(0, whole - END.size - 0xFFFF)
    file.seek(tail_at)
    tail = file.read()
    found = tail.rfind(b"PK\5\6")
    if found < 0 or len(tail) - found < END.size:
        raise Refused("truncated")
    *_, count, size, offset, _ = END.unpack_from(tail, found)
    end = tail_at + found
    if count == 0xFFFF or 0xFFFFFFFF in (size, offset):
        count, size, offset, end = _table64(file, end) or (count, size, offset, end)
    # What was put before the archive (a program that unpacks it) shifts everything.
    shift = end - size - offset
    if shift < 0:
        raise Refused("broken", why="the table of contents is not where it should be")
    return count, size, offset + shift, shift


def _table64(file: BinaryIO, end: int) -> tuple[int, int, int, int] | None:
    if end < END64_PLACE.size:
        return None
    file.seek(end - END64_PLACE.size)
    mark, _, place, _ = END64_PLACE.unpack(file.read(END64_PLACE.size))
    if mark != b"PK\6\7" or place >= end:
        return None
    file.seek(place)
    record = file.read(END64.size)
    if len(record) < END64.size or not record.startswith(b"PK\6\6"):
        return None
    *_, count, size, offset = END64.unpack(record)
    return count, size, offset, place


def _entry(table: bytes, at: int, shift: int) -> tuple[Entry, int]:
    (
        mark,
        _,
        _,
        flags,
        method,
        _,
        _,
        crc,
        packed,
        size,
        names,
        extras,
        comments,
        _,
        _,
        _,
        offset,
    ) = CENTRAL.unpack_from(table, at)
    if mark != b"PK\1\2":
        raise Refused("broken", why="the table of contents is damaged")
    at += CENTRAL.size
    raw = table[at : at + names]
    extra = table[at + names : at + names + extras]
    if 0xFFFFFFFF in (packed, size, offset):
        size, packed, offset = _long(extra, size, packed, offset)
    name = raw.decode("utf-8" if flags & UTF8 else "cp437", "replace").replace("\\", "/")
    entry = Entry(name, flags, method, crc, packed, size, offset + shift)
    return entry, at + names + extras + comments


def _long(extra: bytes, size: int, packed: int, offset: int) -> tuple[int, int, int]:
    """Return the three as the ZIP64 field of an entry says: only those that did not fit are in it."""
    at = 0
    while len(extra) - at >= 4:
        kind, length = struct.unpack_from("<2H", extra, at)
        if kind == 1:
            values = iter(
                struct.unpack_from(f"<{min(length, len(extra) - at - 4) // 8}Q", extra, at + 4)
            )
            return (
                next(values, size) if size == 0xFFFFFFFF else size,
                next(values, packed) if packed == 0xFFFFFFFF else packed,
                next(values, offset) if offset == 0xFFFFFFFF else offset,
            )
        at += 4 + length
    return size, packed, offset


def _check_name(name: str) -> None:
    if name.startswith("/") or name[1:2] == ":" or ".." in name.split("/"):
        raise Refused("unsafe")


def _check_overlap(entries: list[Entry], end: int) -> None:
    """Refuse two entries that share bytes: the same ones unpacked again and again are a bomb."""
    before = 0
    for entry in sorted(entries, key=lambda one: one.offset):
        if entry.offset < before:
            raise Refused("bomb")
        before = entry.offset + LOCAL.size + entry.packed
    if before > end:
        raise Refused("broken", why="an entry is longer than the file")
