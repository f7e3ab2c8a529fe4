"""A claimed page: whether it is still to be sent, which pages it stands for, and the job that it is for a sender."""

from __future__ import annotations

from datetime import timedelta

from oncall_rota.paging.bundle import again, is_held
from oncall_rota.paging.case import Scene
from oncall_rota.paging.incident import RECORDED, TRIGGERED, Incident
from oncall_rota.paging.job import QUIET, Job, PageData, address_of, message_of
from oncall_rota.paging.ports.row import NewPage, PageRow
from oncall_rota.paging.ports.store import Store

NEWS = timedelta(minutes=10)  # an older notice tells nobody anything
REHEARSAL = timedelta(seconds=30)  # whoever asked for a page to nobody waits no longer for its end


def is_wanted(incident: Incident, row: PageRow, data: PageData, store: Store, scene: Scene) -> bool:
    """Whether a page that was somebody's, or waited, still is to be sent."""
    if data.what == "notice" and row.state == "claimed" and row.attempts == 1 and incident.status != RECORDED:
        return False  # over budget; whoever is told of a storm's every end by a metered channel learns nothing more
    if data.what in QUIET:
        return scene.now - row.created_at < (NEWS if data.what == "notice" else REHEARSAL)
    if data.what == "bundle":
        rows = [store.page(page) for page in data.pages]
        others = [store.incident(each.incident_id) for each in rows if each is not None]
        return any(each is not None and each.status == TRIGGERED for each in others)
    if incident.status != TRIGGERED:
        return False
    # One that waits for its budget is sent even when its step is over: it may be the first that they hear of it.
    return is_held(row, data) or any(each.page == row.id and not each.failed and not each.old for each in incident.sent)


def stands_for(row: PageRow, data: PageData, scene: Scene) -> tuple[tuple[str, str], ...]:
    """The pages that a row stands for, each with its incident."""
    if data.what in QUIET:
        return ()
    if data.what == "page":
        return ((row.id, row.incident_id),)
    found = [scene.page(page) for page in data.pages]
    return tuple([(each.id, each.incident_id) for each in found if each is not None])


def new_job(page: NewPage, incident: Incident, data: PageData, store: Store, scene: Scene) -> Job:
    """The job of a page that is written in this very moment."""
    row = PageRow(
        page.id, page.incident_id, page.person, page.channel, page.address_ref, "claimed", 0, 0, None, 1, page.code,
        None, scene.now, page.data,
    )  # fmt: skip
    return job_of(row, incident, data, store, scene)


def job_of(row: PageRow, incident: Incident, data: PageData, store: Store, scene: Scene) -> Job:
    """The job of a page; whose lease it is, and since when, its caller knows."""
    configuration = scene.configuration
    message = again(store, scene, row, data) if data.what == "bundle" else None
    return Job(
        row.id,
        row.fence,
        row.incident_id,
        row.person,
        row.channel,
        row.address_ref,
        address_of(row.person, row.channel, data, configuration),
        message or message_of(row.id, row.code, incident, data, configuration, scene.link(row.id, row.person)),
        # What is of later than now was made before somebody set the clock back.
        min(row.created_at, scene.now) - scene.ahead,
        0.0,
        data.what,
        data.copy,
        attempts=row.attempts,
        named=stands_for(row, data, scene),
    )
