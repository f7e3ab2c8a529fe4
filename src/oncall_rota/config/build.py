"""Drafts -> the engine's model: schedules, what they follow and borrow, their overrides and absences."""

from __future__ import annotations

from typing import Any, Protocol

from oncall_rota.config.draft import Draft
from oncall_rota.config.follower import COPIED, copied
from oncall_rota.config.holiday import Unreadable
from oncall_rota.config.layer import layer
from oncall_rota.config.problem import did_you_mean, shown
from oncall_rota.config.record import Filled
from oncall_rota.config.rotation import LAYERLESS
from oncall_rota.config.turn import blocks, need_holidays
from oncall_rota.config.window import ALWAYS
from oncall_rota.schedule.model import HolidayCalendar, Layer, Schedule


class Drafts(Protocol):
    """Where other teams come from."""

    def draft(self, team: str) -> Draft | None:
        """The draft of a team, read on first use; None if there is no such team."""
        ...

    def team_names(self) -> tuple[str, ...]:
        """All teams of the folder."""
        ...

    @property
    def partial(self) -> bool:
        """Whether only some teams were asked for, so that others are read for an answer alone."""
        ...


class Builder:
    """Makes each schedule once, and the schedules that it needs before it."""

    def __init__(self, drafts: Drafts) -> None:
        self.drafts = drafts
        self._open: list[tuple[str, str]] = []

    def close(self) -> None:
        """Let go of the drafts, so that their nodes are freed at once: they are most of a load's memory."""
        del self.drafts

    def schedule(self, draft: Draft, name: str) -> Schedule | None:
        """The schedule `name` of a team, None where it has no meaning (reported)."""
        if name in draft.schedules:
            return draft.schedules[name]
        values = draft.written[name]
        self._open.append((draft.name, name))
        try:
            made = self._follower(draft, name, values) if "follows" in values.node else self._plain(draft, name, values)
        finally:
            self._open.pop()
        draft.schedules[name] = made
        return made

    def reference(self, text: str, node: Any, draft: Draft, *, borrowed: bool = True) -> Schedule | None:
        """The schedule that `text` names, `schedule` or `team/schedule`; None where there is none (reported)."""
        target, name = self.named(text, node, draft, borrowed=borrowed)
        if target is None:
            return None
        if (target.name, name) in self._open:
            circle = [*self._open[self._open.index((target.name, name)) :], (target.name, name)]
            draft.document.error(
                node,
                "cycle",
                "the schedules go round in a circle: " + " -> ".join(f"{team}/{schedule}" for team, schedule in circle),
                "one of them needs people of its own",
            )
            return None
        if borrowed and target is not draft:
            draft.borrowed.setdefault(target.name, node)
        return self.schedule(target, name)

    def named(self, text: str, node: Any, draft: Draft, *, borrowed: bool = True) -> tuple[Draft | None, str]:
        """The draft and the schedule's name that `text` names; None where there is none (reported)."""
        team, slash, name = text.partition("/")
        document = draft.document
        if not slash:
            team, name = draft.name, text
        target = draft if team == draft.name else self.drafts.draft(team)
        if target is None:
            document.error(
                node,
                "unknown-team",
                f"there is no team {shown(team)}",
                did_you_mean(team, self.drafts.team_names(), "teams are the files of this folder"),
            )
            return None, name
        if name in target.written:
            return target, name
        if target is not draft and target.broken:
            if borrowed:  # its own mistakes are reported there
                draft.borrowed.setdefault(target.name, node)
            return None, name
        others = [f"{team}/{each}" if slash else each for each in target.written]
        hint = did_you_mean(text, others)
        if not slash and text in self.drafts.team_names():
            hint = f"for the team's schedule write {text}/primary"
        document.error(
            node,
            "unknown-schedule",
            f"{team} has no schedule {shown(name)}",
            hint or ("schedules are " + ", ".join(others) if others else ""),
        )
        return None, name

    # -- plain schedules

    def _plain(self, draft: Draft, name: str, values: Filled) -> Schedule | None:
        document = draft.document
        calendar = self._holidays(draft, values)
        if "offset" in values.node:
            document.error(
                values.node.keys_at["offset"],
                "needs-follows",
                "'offset' is only possible beside 'follows'",
                "add follows: primary, or delete it",
            )
        if "layers" in values.node:
            layers = self._layers(draft, values, calendar)
        else:
            made = self._layer(draft, values, name, draft.timezone, calendar)
            layers = () if made is None else (made,)
        combine = values.get("combine", "exclusive")
        self._priorities(draft, values, combine)
        if not layers:
            return None
        schedule = Schedule(
            team=draft.name,
            name=name,
            timezone=draft.timezone,
            source=document.source(values.node),
            layers=layers,
            combine=combine,
            pages=values.get("pages", "all"),
        )
        self._cover(draft, schedule, values, calendar)
        return schedule

    def _layers(self, draft: Draft, values: Filled, calendar: HolidayCalendar | None) -> tuple[Layer, ...]:
        document, node = draft.document, values.node
        for key in sorted(LAYERLESS & node.keys()):
            document.error(
                node.keys_at[key],
                "layers-and-rotation",
                f"{key!r} stands beside 'layers': a schedule has rotation keys, or layers",
                "move it into the layer that it belongs to",
            )
        found: list[Layer] = []
        names: dict[str, Any] = {}
        timezone = values.get("timezone", draft.timezone)
        for number, (each, place) in enumerate(
            zip(values.get("layers", ()), node["layers"] if "layers" in values else (), strict=False), 1
        ):
            if not isinstance(each, Filled):
                continue
            name = each.get("name", f"layer {number}")
            if name in names:
                document.error(
                    each.at("name"),
                    "layer-twice",
                    f"a second layer is called {shown(name)}, the first on line {names[name].start_mark.line + 1}",
                    "rename one",
                )
            names[name] = place
            made = self._layer(draft, each, name, timezone, calendar)
            if made is not None:
                found.append(made)
        return tuple(found)

    def _layer(
        self, draft: Draft, values: Filled, name: str, timezone: str, calendar: HolidayCalendar | None
    ) -> Layer | None:
        borrowed = self.reference(values["schedule"], values.node["schedule"], draft) if "schedule" in values else None
        return layer(values, name, draft, timezone, calendar, borrowed)

    def _priorities(self, draft: Draft, values: Filled, combine: str) -> None:
        for each in values.get("layers", ()) if "layers" in values.node else (values,):
            if not isinstance(each, Filled):
                continue
            if combine == "priority" and "priority" not in each.node:
                draft.document.error(
                    each.node,
                    "missing-key",
                    "this layer lacks 'priority', which combine: priority needs",
                    "write priority: 1; the larger number wins",
                )
            if (
                combine != "priority"
                and "priority" in each.node
                and "combine" not in values.node.keys() - values.keys()
            ):
                draft.document.error(
                    each.node.keys_at["priority"],
                    "needs-priority",
                    f"'priority' has no meaning with combine: {combine}",
                    "add combine: priority to the schedule, or delete it",
                )

    def _holidays(self, draft: Draft, values: Filled) -> HolidayCalendar | None:
        if "holidays" not in values:
            return Unreadable() if "holidays" in values.node else draft.holidays
        return draft.calendars.read(values["holidays"], values.node["holidays"], draft.document)

    def _cover(self, draft: Draft, schedule: Schedule, values: Filled, calendar: HolidayCalendar | None) -> None:
        if "must_cover" in values.node:
            cover = values.get("must_cover")
            if isinstance(cover, Filled):
                schedule.must_cover = cover.get("when", ALWAYS)
                schedule.must_cover_except = cover.get("except")
            else:
                schedule.must_cover = cover
        elif schedule.name == draft.first and schedule.pages != "copy":
            schedule.must_cover = ALWAYS
        schedule.cover_holidays = calendar
        if calendar is not None or "must_cover" not in values or "holidays" in values.node:
            return
        windows = (schedule.must_cover, schedule.must_cover_except)
        if any(window is not None and window.holidays for window in windows):
            need_holidays(values, "must_cover", draft)

    def _follower(self, draft: Draft, name: str, values: Filled) -> Schedule | None:
        document, node = draft.document, values.node
        for key in COPIED:
            if key in node:
                document.error(
                    node.keys_at[key],
                    "follows-and-own",
                    f"{key!r} cannot stand beside 'follows': it is copied from the schedule that is followed",
                    f"delete {key!r}, or delete 'follows'",
                )
        if "follows" not in values:
            return None
        if "/" in values["follows"]:
            document.error(
                node["follows"],
                "follows-other-team",
                f"{shown(values['follows'])} is another team's: 'follows' copies a schedule of this team",
                f"borrow its answer instead: schedule: {values['follows']}",
            )
            return None
        leader = self.reference(values["follows"], node["follows"], draft, borrowed=False)
        calendar = self._holidays(draft, values)
        if leader is None:
            if "people" in values:
                blocks(values, draft, None, None)
            return None
        layers = tuple(made for each in leader.layers if (made := copied(each, draft, values)) is not None)
        if not layers:
            return None
        schedule = Schedule(
            team=draft.name,
            name=name,
            timezone=draft.timezone,
            source=document.source(node),
            layers=layers,
            combine=leader.combine,
            leader=leader,
            pages=values.get("pages", "all"),
        )
        leader.followers = (*leader.followers, schedule)
        self._cover(draft, schedule, values, calendar)
        return schedule
