"""Connections that end in time: names resolved once, addresses judged before they are used, reading bounded."""

from __future__ import annotations

import io
import ipaddress
import socket
import threading
from collections.abc import Callable, Sequence
from typing import Any

from oncall_rota.paging.ports.notifier import Deadline, NotifierError

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Resolve = Callable[..., Sequence[tuple[Any, ...]]]

_WRAPPING = {  # networks of IPv6 whose addresses carry one of IPv4, and how far it is from the right end, in bits
    ipaddress.IPv6Network("::/96"): 0,
    ipaddress.IPv6Network("::ffff:0:0/96"): 0,
    ipaddress.IPv6Network("::ffff:0:0:0/96"): 0,  # translated
    ipaddress.IPv6Network("64:ff9b::/96"): 0,  # NAT64
    ipaddress.IPv6Network("64:ff9b:1::/48"): 0,  # NAT64 of one's own
    ipaddress.IPv6Network("2002::/16"): 80,  # 6to4
}
_TEREDO = ipaddress.IPv6Network("2001::/32")


class Guard:
    """Which addresses may be reached: those of the public internet, and networks named by the administrator."""

    def __init__(self, private: Sequence[Network] = ()) -> None:
        self._private = tuple(private)

    def permits(self, text: str) -> bool:
        """Whether a numeric address may be connected to, by all that it may mean."""
        try:
            address = ipaddress.ip_address(text.partition("%")[0])
        except ValueError:
            return False
        meanings = carried(address)
        return all(_is_public(each) or any(each in network for network in self._private) for each in meanings)


def carried(address: Address) -> tuple[Address, ...]:
    """The address, or those of IPv4 that it carries: what a packet to it would reach."""
    if isinstance(address, ipaddress.IPv4Address) or int(address) <= 1:
        return (address,)
    if address in _TEREDO:  # its server, and the client behind it, inverted
        return ipaddress.IPv4Address(int(address) >> 64 & 0xFFFFFFFF), ipaddress.IPv4Address(~int(address) & 0xFFFFFFFF)
    for network, shift in _WRAPPING.items():
        if address in network:
            return (ipaddress.IPv4Address(int(address) >> shift & 0xFFFFFFFF),)
    return (address,)


def _is_public(address: Address) -> bool:
    odd = isinstance(address, ipaddress.IPv6Address) and address.is_site_local
    return address.is_global and not (address.is_multicast or address.is_reserved or odd)


class Wire:
    """The way out of the process. `resolve`: as `socket.getaddrinfo`."""

    def __init__(self, resolve: Resolve | None = None) -> None:
        self._resolve = resolve or socket.getaddrinfo

    def connect(self, host: str, port: int, deadline: Deadline, guard: Guard | None = None) -> socket.socket:
        """A connection to a host, at an address that was judged: nobody resolves the name a second time."""
        found = self._addresses(host, port, deadline)
        permitted = [each for each in found if guard is None or guard.permits(each[4][0])]
        if found and not permitted:
            raise NotifierError(
                f"{host} is an address inside a private network",
                permanent=True,
                alarm=f"{host} is inside a private network: name that network in allow_private",
            )
        reason = "has no address"
        for index, (family, kind, protocol, _, place) in enumerate(permitted):
            # A black hole must not take the time of the addresses after it.
            seconds = deadline.left() / (len(permitted) - index)
            if seconds <= 0:
                break
            connection = socket.socket(family, kind, protocol)
            try:
                connection.settimeout(seconds)
                connection.connect(place)
            except BaseException as failed:
                connection.close()
                if not isinstance(failed, OSError):
                    raise
                reason = "did not answer in time" if isinstance(failed, TimeoutError) else "refused the connection"
                continue
            return connection
        raise NotifierError(f"{host} {reason}")

    def _addresses(self, host: str, port: int, deadline: Deadline) -> Sequence[tuple[Any, ...]]:
        """Resolved in a thread, because the resolver knows no deadline and may take half a minute."""
        try:
            family = socket.AF_INET6 if ipaddress.ip_address(host).version == 6 else socket.AF_INET
            return [(family, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (host, port))]
        except ValueError:  # a name, or an odd spelling of a number: the resolver's reading is the one that is judged
            pass
        results: list[Sequence[tuple[Any, ...]] | BaseException] = []

        def look() -> None:
            try:
                results.append(self._resolve(host, port, type=socket.SOCK_STREAM))
            except BaseException as failed:  # noqa: BLE001 raised again below
                results.append(failed)

        thread = threading.Thread(target=look, name=f"resolve-{host[:40]}", daemon=True)
        thread.start()
        thread.join(deadline.left())
        if not results:
            raise NotifierError(f"the name {host} was not resolved in time")
        result = results[0]
        if isinstance(result, OSError | UnicodeError | ValueError):
            raise NotifierError(f"the name {host} does not resolve") from None
        if isinstance(result, BaseException):
            raise result
        return result


class TooMuch(OSError):
    """The other side sends more than anything it has to say."""


class Arriving(io.RawIOBase):
    """What comes over a connection: never past the deadline, however slowly it drips, nor beyond `limit` bytes."""

    def __init__(self, connection: socket.socket, deadline: Deadline, limit: int) -> None:
        self._connection = connection
        self._deadline = deadline
        self._left = limit

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        seconds = self._deadline.left()
        if seconds <= 0:
            raise TimeoutError
        if self._left <= 0:
            raise TooMuch
        self._connection.settimeout(seconds)
        count = self._connection.recv_into(memoryview(buffer)[: self._left])
        self._left -= count
        return count
