"""The bytes of an answer as they were before they were packed, never more than are wanted."""

import zlib
from collections.abc import Callable, Iterable, Iterator

#: At most so many bytes are unpacked at once, so that a bomb is noticed after this many.
BLOCK = 65_536

#: The first byte of each member.
GZIP = b"\x1f"


class Broken(Exception):
    """It is not packed as it says, or breaks off."""


def unpacked(blocks: Iterable[bytes], packing: str) -> Iterator[bytes]:
    """Yield the contents of what is packed as ``gzip``, ``deflate`` or not at all, in small blocks.

    Raises Broken, and ValueError for any other packing. What follows the end of the packed data is
    left out, unless it is another member of gzip (RFC 1952 2.2).
    """
    if packing in {"", "identity"}:
        return iter(blocks)
    if packing in {"gzip", "x-gzip"}:
        return _inflated(blocks, _gzip)
    if packing == "deflate":
        return _inflated(blocks, _deflate)
    raise ValueError(packing)


def _deflate(first: bytes) -> int:
    """Tell zlib (RFC 1950), which "deflate" means (RFC 9110 8.4.1.2), from what some send."""
    return zlib.MAX_WBITS if first[0] & 15 == 8 and first[0] >> 4 < 8 else -zlib.MAX_WBITS


def _gzip(_first: bytes) -> int:
    return zlib.MAX_WBITS | 16


def _inflated(blocks: Iterable[bytes], window: Callable[[bytes], int]) -> Iterator[bytes]:
    inflater = None
    ended = False
    for came in blocks:
        block = came
        while block and (inflater or not ended or block[:1] == GZIP):
            if inflater is None:
                inflater = zlib.decompressobj(window(block))
            yield from _through(inflater, block)
            block = inflater.unused_data
            if not inflater.eof:
                break
            inflater, ended = None, True
    if inflater is not None:
        raise Broken("It breaks off.")


def _through(inflater: "zlib._Decompress", block: bytes) -> Iterator[bytes]:
    """Yield what a block holds. Its end may come before the block's, as ``unused_data`` says."""
    data = b""
    while (block or len(data) == BLOCK) and not inflater.eof:
        try:
            data = inflater.decompress(block, BLOCK)
        except zlib.error as error:
            raise Broken("It is not packed as it says.") from error
        if data:
            yield data
        block = inflater.unconsumed_tail
