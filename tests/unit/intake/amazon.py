"""Messages of AWS SNS, signed as Amazon signs them, by a key that only tests have."""

from __future__ import annotations

import base64
import json
from typing import Any

from monitors import recorded

from oncall_rota.intake.certificate import encoded, public_key
from oncall_rota.intake.sns import ASKED, SAID, signed_text

CERTIFICATE = b"""-----BEGIN CERTIFICATE-----
MIIDFzCCAf+gAwIBAgIUUa7KMM1V9ziPdL9ITdmNkU/aGDQwDQYJKoZIhvcNAQEL
BQAwGjEYMBYGA1UEAwwPc25zLmV4YW1wbGUuY29tMCAXDTI2MTEyMTExMjUyN1oY
DzIxMjYxMDI4MTEyNTI3WjAaMRgwFgYDVQQDDA9zbnMuZXhhbXBsZS5jb20wggEi
MA0GCSqGSIb3DQEBAQUAA4IBDwAwggEKAoIBAQCHenIwmSXCOjGfGEasS2XLowla
w6481gGipAw20sFIqe+oPXJ9jY0v+1QgSx9b3hrbS5Y2vtlU28nPHt3POPRGf0aC
xZg55W4Ub2Yx8gRo5iwu3nWIaqb1QZ+Vbb0+1vBbuHf+TPDVAmXKlL586UwqXYN0
/IlORGWAsOd5mLXWqN4YSMbA/25yepKN8jUmMcDqp5a8JhbZVWhUKvsiaiREwDLN
kpR5TSWcwpTqm20R6z3J5SZi7kHpN37wtV6DH2qqW1opL5libruFFUnD6aDhL7P9
EsUY3lGV0d1vnUH4Jd+PttjIhWclKXVE0RGk7M6MAoh6H7wWZQDhl6tVaY/JAgMB
AAGjUzBRMB0GA1UdDgQWBBQHDeRv+JUPDTHASww9e2UklH0u5zAfBgNVHSMEGDAW
gBQHDeRv+JUPDTHASww9e2UklH0u5zAPBgNVHRMBAf8EBTADAQH/MA0GCSqGSIb3
DQEBCwUAA4IBAQBL38I9mc4fTu90hs2MD1C9DO27wLE4zr5ZXkBb7QVG/zZ02zzv
MptvFGJQHqKG2Pj3Yp/KV2useZCGHN41HJ23GyCepk2H9hgYA/RVVhri2bCcAzZT
NaeZBRyHWXrsQICcd/9+mWLOToFIw7vM41Qnt0rLBoPhlceyEocorZQd4Uvuisj8
A5RuyJloJKCQ5hOwcyz+5CT7myhK9UZPtTEGzD5zxqhanQSD3eDkwmDNutYSdOsM
cTvLwnouR8SqWyvcVgnMjyrGKWE9VzjqgDq5ccOV1aKBhhJbExLGSpiSQZGAaOHF
+6Rnc2Kl4gJwFSnoyFCulrpZS20VcypfLDlA
-----END CERTIFICATE-----
"""
_EXPONENT = int(
    "1e8fc0b2b5d98eb711fa91bf5f9ea2980d6f4eca55c3e382faed86d3d73742ed12e320f972d93bc05731e3170f3bea1ea4d9"
    "a849314455a03f263a104f6ec9ac1d8a0a7608a106e08e3b931231464d639f13f39b0feaff3ed44eeba695ca5732617e7b93"
    "224831c518b15a5c9e51029d8bfadba91c504b9d9a2a4e0d6025a5069f0c50c8f1d2e6eeeab6bbe0880201252be338501b12"
    "adfe7037fd2f36d600501e699d9648b4266ec907cfb95266b933eddeee85971ef6c1929c1e4223a0cd9593f5d5da9ea76260"
    "9b5a95538e7470f079bdc34f73cb65d0c199cb1015550c2a0f07b785d7daffd19e192b59f0c04c3036225e875606cf78e0b1"
    "5d1089b79c01",
    16,
)
AT = "https://sns.eu-west-2.amazonaws.com/SimpleNotificationService-0000000000000000000000.pem"
CONFIRM = (
    "https://sns.eu-west-2.amazonaws.com/?Action=ConfirmSubscription"
    "&TopicArn=arn:aws:sns:eu-west-2:123456789012:alarms&Token=2336412f37fb687f5d51e6e2425c464de12884d217e7e2b0"
)
HOW = {"1": "sha1", "2": "sha256"}


def signature(text: bytes, version: str = "2") -> str:
    """Of a text, as Amazon writes it."""
    key = public_key(CERTIFICATE)
    assert key is not None
    size = (key.modulus.bit_length() + 7) // 8
    made = pow(int.from_bytes(encoded(text, size, HOW[version])), _EXPONENT, key.modulus)
    return base64.b64encode(made.to_bytes(size)).decode()


def said(name: str, version: str = "2", **keys: Any) -> bytes:
    """A recorded message with other values, signed. `...` leaves a key out."""
    value = {**json.loads(recorded(name)), **keys, "SignatureVersion": version}
    value = {key: each for key, each in value.items() if each is not ...}
    names = SAID if value["Type"] == "Notification" else ASKED
    return json.dumps({**value, "Signature": signature(signed_text(value, names), version)}).encode()


def alarms(**keys: Any) -> bytes:
    """CloudWatch's alarm with other values."""
    message = json.loads(json.loads(recorded("sns-alarm"))["Message"])
    return said("sns-alarm", Message=json.dumps({**message, **keys}))
