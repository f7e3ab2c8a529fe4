"""What a certificate's owner has signed: RSA, PKCS #1 1.5, as RFC 8017 verifies it.

No library for it: a key is two numbers at a known place in the certificate, and a signature is good when it is, to the
byte, the one that its text has. Whose the certificate is, is known from where it came.
"""

from __future__ import annotations

import binascii
import hashlib
import hmac
import ssl
from typing import NamedTuple

# What stands before a digest in a signature (RFC 8017, 9.2).
_BEFORE = {
    "sha1": bytes.fromhex("3021300906052b0e03021a05000414"),
    "sha256": bytes.fromhex("3031300d060960864801650304020105000420"),
}
_RSA = bytes.fromhex("06092a864886f70d010101")  # the name of such a key
LEAST, MOST = 256, 1024  # bytes of a modulus
_SEQUENCE, _NUMBER, _BITS, _VERSION = 0x30, 0x02, 0x03, 0xA0


class PublicKey(NamedTuple):
    """Of RSA."""

    modulus: int
    exponent: int


def public_key(pem: bytes) -> PublicKey | None:
    """The key of a certificate; None: it is none that can be read, or not of RSA."""
    try:
        der = ssl.PEM_cert_to_DER_cert(pem.decode("ascii").strip())
        parts = _parts(_only(_parts(_only(_parts(der), _SEQUENCE))[0], _SEQUENCE))
        algorithm, bits = _parts(_only(parts[5 + (parts[0][0] == _VERSION)], _SEQUENCE))
        if not _only(algorithm, _SEQUENCE).startswith(_RSA):
            return None
        numbers = _parts(_only(_parts(_only(bits, _BITS)[1:]), _SEQUENCE))
        modulus, exponent = [int.from_bytes(_only(each, _NUMBER)) for each in numbers]
    except (ValueError, IndexError, binascii.Error):
        return None
    size = (modulus.bit_length() + 7) // 8
    fits = LEAST <= size <= MOST and exponent % 2 == 1 and 3 <= exponent < 1 << 33
    return PublicKey(modulus, exponent) if fits else None


def is_signed(text: bytes, signature: bytes, key: PublicKey, how: str) -> bool:
    """Whether a text was signed with that key. `how`: `sha1` or `sha256`."""
    size = (key.modulus.bit_length() + 7) // 8
    if len(signature) != size:
        return False
    found = pow(int.from_bytes(signature), key.exponent, key.modulus).to_bytes(size)
    return hmac.compare_digest(found, encoded(text, size, how))


def encoded(text: bytes, size: int, how: str) -> bytes:
    """What is signed of a text, by a key of so many bytes (EMSA-PKCS1-v1_5)."""
    end = _BEFORE[how] + hashlib.new(how, text, usedforsecurity=how != "sha1").digest()
    return b"\x00\x01" + b"\xff" * (size - len(end) - 3) + b"\x00" + end


# -- DER: a byte that says what it is, its length, itself


def _parts(der: bytes) -> list[tuple[int, bytes]]:
    """What stands one after the other. Raises `ValueError` and `IndexError` for what is no DER."""
    found = []
    while der:
        length, start = der[1], 2
        if length & 0x80:
            start += length & 0x7F
            length = int.from_bytes(der[2:start])
        if len(der) < start + length:
            raise ValueError("it is cut short")
        found.append((der[0], der[start : start + length]))
        der = der[start + length :]
    return found


def _only(part: tuple[int, bytes] | list[tuple[int, bytes]], kind: int) -> bytes:
    """What is in a part of that kind; of a list, in its first."""
    tag, inner = part[0] if isinstance(part, list) else part
    if tag != kind:
        raise ValueError("it is something else")
    return inner
