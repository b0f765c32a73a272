"""The only way out to websites: connections to public addresses, watched while they are waited for.

The check is made where the socket is opened. A name is resolved once, every address that comes back
is checked, and one of these is connected to, so nothing can change in between (DNS rebinding), and
redirects and connections that are made anew pass here as well. TLS still proves the name.
"""

import errno
import ipaddress
import os
import queue
import select
import socket
import ssl
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from time import monotonic
from typing import Any, TypeVar

import httpcore

from webapp.websites.addresses import (
    Address,
    Allowed,
    Refused,
    check_addresses,
    check_name,
    host_of,
)

#: A wait is looked up from this often, in seconds, to call ``alive`` and to see how late it is.
BREATH = 0.25

#: One of several addresses is given up after this many seconds, and the next one tried.
CONNECT_SECONDS = 5.0
MOST_ADDRESSES = 4

#: Returns the addresses that a name leads to. Raises OSError when there are none.
Resolve = Callable[[str], list[str]]

T = TypeVar("T")


class Away(Exception):
    """It did not answer, or not to its end; it may later. The text says to people why."""


class Watch:
    """How long something may take, and who is told meanwhile that it goes on."""

    def __init__(self, seconds: float, alive: Callable[[], None] | None = None) -> None:
        self.ends = monotonic() + seconds
        self.seconds = seconds
        self.alive = alive
        self.told = monotonic()

    def left(self) -> float:
        """Return the seconds left. Raises Away when there are none, and whatever ``alive`` does."""
        now = monotonic()
        if self.alive is not None and now - self.told >= BREATH:
            self.told = now
            self.alive()
        if now >= self.ends:
            raise Away(f"It had not answered in full after {self.seconds:.0f} seconds.")
        return self.ends - now


_watch: ContextVar[Watch] = ContextVar("watch")


@contextmanager
def watched(watch: Watch) -> Iterator[Watch]:
    """Watch whatever this thread sends and receives."""
    token = _watch.set(watch)
    try:
        yield watch
    finally:
        _watch.reset(token)


def go_on() -> None:
    """Say that this thread is at work. Raises what the watch raises."""
    _watch.get().left()


class Stream(httpcore.NetworkStream):
    """One connection. What it may take is told by the watch of the thread that uses it.

    The timeouts of httpcore begin anew with each byte, so they are not used: a server that sends
    one now and then would never come to an end.
    """

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002 - see above
        """Return what has come, b"" at the end."""
        try:
            return until_done(lambda: self.sock.recv(max_bytes))
        except OSError as error:
            raise httpcore.ReadError(str(error)) from error

    def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002 - see above
        """Send all of it."""
        view = memoryview(buffer)
        try:
            while view:
                view = view[self._send(view) :]
        except OSError as error:
            raise httpcore.WriteError(str(error)) from error

    def _send(self, view: memoryview) -> int:
        return until_done(lambda: self.sock.send(view))

    def close(self) -> None:
        """Close it without a word, as it may be in the middle of one."""
        self.sock.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ARG002 - as httpcore declares it
    ) -> "Stream":
        """Return the same connection, encrypted, its other end proven to be of that name."""
        try:
            secure = ssl_context.wrap_socket(
                self.sock, server_hostname=server_hostname, do_handshake_on_connect=False
            )
        except BaseException:
            self.sock.close()
            raise
        try:
            until_done(secure.do_handshake)
        except OSError as error:
            secure.close()
            raise Away(f"No safe connection to {server_hostname}: {_why(error)}.") from error
        except BaseException:
            secure.close()
            raise
        return Stream(secure)

    def get_extra_info(self, info: str) -> Any:
        """Tell what httpcore asks: whether it is encrypted, and whether it is still open."""
        if info == "ssl_object":
            return self.sock if isinstance(self.sock, ssl.SSLSocket) else None
        if info == "is_readable":
            return _readable(self.sock)
        return None


def until_done(step: Callable[[], T]) -> T:
    """Return what the step on a socket returns, asking the watch whenever it has waited a breath."""
    watch = _watch.get()
    while True:
        watch.left()
        try:
            return step()
        except TimeoutError:
            continue


def _readable(sock: socket.socket) -> bool:
    """Tell whether something has come, which for a connection at rest is its end."""
    if sock.fileno() < 0:
        return True
    poll = select.poll()
    poll.register(sock, select.POLLIN)
    return bool(poll.poll(0))


def _why(error: OSError) -> str:
    """Return the reason of a fault in words, without file names and numbers of ours."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return str(error.verify_message).rstrip(".") or "its certificate is not valid"
    if isinstance(error, ssl.SSLError):
        return (error.reason or "it speaks no TLS").replace("_", " ").lower()
    return (os.strerror(error.errno) if error.errno else "the connection broke").lower()


def resolve(name: str) -> list[str]:
    """Return the addresses that the machine's resolver knows for a name."""
    found = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(place[4][0]) for place in found))


class Guard(httpcore.NetworkBackend):
    """Opens connections to public addresses, and to the hosts that the operator allowed."""

    def __init__(self, allowed: Allowed, resolve: Resolve = resolve) -> None:
        self.allowed = allowed
        self.resolve = resolve

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ARG002 - as httpcore declares it
        local_address: str | None = None,  # noqa: ARG002 - the same
        socket_options: Iterable[Any] | None = None,  # noqa: ARG002 - the same
    ) -> Stream:
        """Connect to one of a host's addresses. Raises Refused before anything is sent, or Away."""
        host = host_of(host)
        if port not in (80, 443) and (host, port) not in self.allowed:
            raise Refused(f"Port {port} is not one of a public website: only 80 and 443 are asked.")
        check_name(host, port, self.allowed)
        found = self._addresses(host)
        check_addresses(host, port, found, self.allowed)
        return self._connect(host, port, found)

    def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ARG002 - as httpcore declares it
        socket_options: Iterable[Any] | None = None,  # noqa: ARG002 - the same
    ) -> httpcore.NetworkStream:
        """Refuse: no website is a socket of this machine."""
        raise Refused(f"{path} is not a website.")

    def _addresses(self, host: str) -> list[Address]:
        """Return where a host leads, asked once. Raises Away when nobody knows."""
        try:
            return [ipaddress.ip_address(host)]
        except ValueError:
            pass
        answer: queue.SimpleQueue[list[str] | OSError | UnicodeError] = queue.SimpleQueue()

        def ask() -> None:
            try:
                answer.put(self.resolve(host))
            except (OSError, UnicodeError) as error:
                answer.put(error)

        # The resolver of the C library cannot be interrupted, so it is left behind when it is late.
        threading.Thread(target=ask, daemon=True, name="resolve").start()
        found = until_done(lambda: _taken(answer))
        if isinstance(found, Exception) or not found:
            raise Away(f"The name {host} is not known.") from (
                found if isinstance(found, Exception) else None
            )
        return [ipaddress.ip_address(address) for address in found]

    def _connect(self, host: str, port: int, found: list[Address]) -> Stream:
        last: OSError | None = None
        for address in found[:MOST_ADDRESSES]:
            try:
                return Stream(_opened(address, port))
            except OSError as error:
                last = error
        raise Away(f"{host} does not answer: {_why(last or OSError())}.") from last


def _taken(answer: "queue.SimpleQueue[T]") -> T:
    try:
        return answer.get(timeout=BREATH)
    except queue.Empty:
        raise TimeoutError from None


def _opened(address: Address, port: int) -> socket.socket:
    """Return a socket that is connected to this very address. Raises OSError, or Away when late."""
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.settimeout(0)
        started = sock.connect_ex((str(address), port))
        if started not in (0, errno.EINPROGRESS):
            raise OSError(started, os.strerror(started))
        _wait_until_connected(sock)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.settimeout(BREATH)
    except BaseException:
        sock.close()
        raise
    return sock


def _wait_until_connected(sock: socket.socket) -> None:
    watch, until = _watch.get(), monotonic() + CONNECT_SECONDS
    poll = select.poll()
    poll.register(sock, select.POLLOUT)
    while not poll.poll(min(watch.left(), BREATH) * 1000):
        if monotonic() >= until:
            raise OSError(errno.ETIMEDOUT, os.strerror(errno.ETIMEDOUT))
    fault = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    if fault:
        raise OSError(fault, os.strerror(fault))
