"""Forms: `a=b&c=d`, or in parts. Names and texts out; of a name that stands twice the last counts."""

from __future__ import annotations

from urllib.parse import parse_qsl

from oncall_rota.intake.json_text import LARGEST, decoded
from oncall_rota.intake.posted import Unreadable

MOST = 1000  # fields, or parts
HEADERS = 4096  # bytes of the headers of one part


def urlencoded(body: bytes) -> dict[str, str]:
    """The fields of a form. Raises `Unreadable`."""
    if len(body) > LARGEST:
        raise Unreadable(f"it is larger than {LARGEST >> 20} MiB", status=413)
    try:
        return dict(parse_qsl(decoded(body).strip(), keep_blank_values=True, max_num_fields=MOST))
    except ValueError:
        raise Unreadable(f"it has more than {MOST} fields") from None


def multipart(body: bytes, content_type: str) -> dict[str, str]:
    """The fields of a form in parts; files are read as texts. Raises `Unreadable`."""
    if len(body) > LARGEST:
        raise Unreadable(f"it is larger than {LARGEST >> 20} MiB", status=413)
    boundary = _parameter(content_type, "boundary")
    if not boundary:
        raise Unreadable("its parts have no boundary", "content-type")
    parts = body.split(b"--" + boundary.encode("latin-1", "replace"), MOST + 2)
    if len(parts) > MOST + 1:
        raise Unreadable(f"it has more than {MOST} parts")
    found: dict[str, str] = {}
    for part in parts[1:]:
        if part.startswith(b"--"):
            break
        part = part.removeprefix(b"\r\n") if part.startswith(b"\r\n") else part.removeprefix(b"\n")
        head, _, text = part.partition(b"\r\n\r\n") if b"\r\n\r\n" in part[:HEADERS] else part.partition(b"\n\n")
        name = _name(head[:HEADERS])
        if name:
            found[name] = decoded(text.removesuffix(b"\n").removesuffix(b"\r"))
    return found


def _name(head: bytes) -> str:
    for line in decoded(head).splitlines():
        key, _, rest = line.partition(":")
        if key.strip().lower() == "content-disposition":
            return _parameter(rest, "name")
    return ""


def _parameter(header: str, wanted: str) -> str:
    """One parameter of a header, without its quotes."""
    for part in header.split(";")[1:]:
        name, _, value = part.partition("=")
        if name.strip().lower() == wanted:
            return value.strip().strip('"')
    return ""
