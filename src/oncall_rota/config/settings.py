"""oncall.yaml -> what the rotation files need of it. Its keys and plain types are checked here, paging comes later."""

from __future__ import annotations

from dataclasses import dataclass

from oncall_rota.config.document import Document


@dataclass(frozen=True, slots=True)
class Settings:
    """`contacts`: fields of people.yaml that notifiers send to; `channels`: names of notifiers."""

    contacts: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()


def settings(document: Document | None) -> Settings:
    """The settings of oncall.yaml; None: there is no such file."""
    return Settings()
