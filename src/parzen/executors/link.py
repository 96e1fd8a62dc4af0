"""Messages between a search and a child process: pickles with their length before them."""

from __future__ import annotations

import pickle
import socket
import struct
from collections.abc import Iterator
from typing import Any

_LENGTH = struct.Struct(">Q")
_PIECE = 1 << 18


def send(line: socket.socket, message: Any) -> None:
    """Send one message, and block until the system has taken it.

    Args:
        line: One end of a socket pair.
        message: Can be pickled; the first thing in it says what it is.
    """
    data = pickle.dumps(message, protocol=pickle.HIGHEST_PROTOCOL)
    if len(data) < _PIECE:
        line.sendall(_LENGTH.pack(len(data)) + data)
    else:  # not copied once more
        line.sendall(_LENGTH.pack(len(data)))
        line.sendall(data)


def receive(line: socket.socket) -> Any:
    """Wait for one message.

    Args:
        line: The child's end.

    Raises:
        EOFError: If the other end is closed.
    """
    return pickle.loads(_exactly(line, _LENGTH.unpack(_exactly(line, _LENGTH.size))[0]))


def _exactly(line: socket.socket, count: int) -> bytearray:
    data = bytearray()
    while len(data) < count:
        try:
            piece = line.recv(min(_PIECE, count - len(data)))
        except ConnectionError:
            piece = b""
        if not piece:
            raise EOFError("the search is gone")
        data += piece
    return data


class Inbox:
    """Puts together what arrives in pieces.

    Args:
        line: The search's end.
    """

    def __init__(self, line: socket.socket) -> None:
        self._line = line
        self._data = bytearray()
        self.closed = False

    def messages(self) -> Iterator[Any]:
        """The whole messages that are here; never blocks."""
        while not self.closed:
            try:
                piece = self._line.recv(_PIECE, socket.MSG_DONTWAIT)
            except BlockingIOError:
                break
            except ConnectionError:
                piece = b""
            self.closed = not piece
            self._data += piece
            if len(piece) < _PIECE:
                break
        while len(self._data) >= _LENGTH.size:
            end = _LENGTH.size + _LENGTH.unpack_from(self._data)[0]
            if len(self._data) < end:
                return
            message = pickle.loads(memoryview(self._data)[_LENGTH.size : end].tobytes())
            del self._data[:end]
            yield message
