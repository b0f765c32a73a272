"""Websites on loopback that answer as told, byte by byte, and every connection that is tried."""

import socket
import ssl
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

Answer = bytes | Callable[[socket.socket], object]

#: Lists to which each connection is added that this process tries to open, while they are here.
_listeners: list[list[Any]] = []


def _heard(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "socket.connect":
        for places in _listeners:
            places.append(arguments[1][:2])


sys.addaudithook(_heard)


@contextmanager
def connections() -> Iterator[list[Any]]:
    """Give a list of (address, port) of each connection that Python opens, or tries to, meanwhile."""
    places: list[Any] = []
    _listeners.append(places)
    try:
        yield places
    finally:
        _listeners.remove(places)


def answer(body: bytes = b"", status: int = 200, **headers: str) -> bytes:
    """Return an answer; ``content_type="text/plain"`` is the header Content-Type."""
    lines = [f"HTTP/1.1 {status} Said", f"Content-Length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


def page(
    body: bytes = b"<p>Hello", content_type: str = "text/html; charset=UTF-8", **headers: str
) -> bytes:
    return answer(body, 200, content_type=content_type, **headers)


def leads_to(place: str, status: int = 302) -> bytes:
    return answer(b"See there", status, location=place)


def chunk(data: bytes) -> bytes:
    return f"{len(data):x}\r\n".encode() + data + b"\r\n"


class Site:
    """One website. ``answers`` maps a path, with its query, to an answer; others are not found."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.answers: dict[str, Answer] = {}
        self.connections = 0
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.hung_up = threading.Event()
        self.over = threading.Event()
        #: Takes connections, and neither reads nor says a word.
        self.silent = False
        self._tls = tls
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._server.getsockname()[1]
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}"
        self.host = f"127.0.0.1:{self.port}"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self.over.set()
        with suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)  # which ends the wait for a connection
        self._server.close()

    def paths(self) -> list[str]:
        return [path for path, _ in self.asked]

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._server.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(sock,), daemon=True).start()

    def _serve(self, sock: socket.socket) -> None:
        with suppress(OSError, ValueError), sock:
            if self.silent:
                self.over.wait()
                return
            if self._tls:
                sock = self._tls.wrap_socket(sock, server_side=True)
            with sock, sock.makefile("rb") as lines:
                while self._one(sock, lines):
                    pass
            self.hung_up.set()

    def _one(self, sock: socket.socket, lines: Any) -> bool:
        first = lines.readline().decode().split(" ")
        if len(first) != 3:
            return False
        headers = {}
        while (line := lines.readline().decode().strip()) != "":
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        self.asked.append((first[1], headers))
        said = self.answers.get(first[1], answer(b"Not here", 404, content_type="text/html"))
        if isinstance(said, bytes):
            sock.sendall(said)
            return True
        try:
            said(sock)
        finally:
            self.hung_up.set()
        return False


class Names:
    """Who knows names: each question takes the next of the answers, the last one for ever."""

    def __init__(self, **known: list[list[str]] | list[str]) -> None:
        self.known: dict[str, Any] = {}
        self.asked: list[str] = []
        for name, found in known.items():
            self.add(name.replace("_", "."), found)

    def add(self, name: str, found: Any) -> None:
        self.known[name] = found if found and isinstance(found[0], list) else [found]

    def __call__(self, name: str) -> list[str]:
        self.asked.append(name)
        answers = self.known.get(name)
        if answers is None:
            raise OSError(f"{name} is not known")
        found: list[str] = answers.pop(0) if len(answers) > 1 else answers[0]
        return list(found)
