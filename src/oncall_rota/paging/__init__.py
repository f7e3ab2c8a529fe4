"""Paging, decided: incidents, escalation, messages. Pure; what it needs from the world is in `ports`."""
