"""A proxy of bytes that loses answers: what was asked has happened, and nobody is told."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

SECONDS_MAX = 20.0


class Lossy:
    """Passes connections on to a service. `lose_answers`: how many of the next it cuts off after
    `bytes_passed` of them; `seen`: how many connections asked something."""

    def __init__(self, host: str, port: int) -> None:
        self._to = (host, port)
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        self.lose_answers = 0
        self.bytes_passed = 0
        self.seen = 0
        self._accepting = threading.Thread(target=self._accept, daemon=True)
        self._accepting.start()

    def close(self) -> None:
        """No more."""
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._accepting.join(SECONDS_MAX)

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                caller, _ = self._listening.accept()
                threading.Thread(target=self._pass_on, args=(caller,), daemon=True).start()

    def _pass_on(self, caller: socket.socket) -> None:
        with caller, socket.create_connection(self._to, timeout=SECONDS_MAX) as service:
            asking = threading.Thread(target=_copy, args=(caller, service), daemon=True)
            asking.start()
            with suppress(OSError):
                while piece := service.recv(65_536):
                    self.seen += 1
                    if self.lose_answers:
                        self.lose_answers -= 1
                        caller.sendall(piece[: self.bytes_passed])
                        break
                    caller.sendall(piece)
            with suppress(OSError):
                caller.shutdown(socket.SHUT_RDWR)
            asking.join(SECONDS_MAX)


def _copy(caller: socket.socket, service: socket.socket) -> None:
    with suppress(OSError):
        while piece := caller.recv(65_536):
            service.sendall(piece)


@contextmanager
def lossy(host: str, port: int) -> Iterator[Lossy]:
    """One before a service."""
    proxy = Lossy(host, port)
    try:
        yield proxy
    finally:
        proxy.close()
