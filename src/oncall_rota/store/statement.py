"""Every statement that both databases run, by name. Parameters are `?`, in order; instants are microseconds.

They are texts and not built by a library: .github/decisions/0010 has the measurements.
"""

from __future__ import annotations

OPEN = "('held', 'triggered', 'acknowledged')"

# Incidents. `commit` looks at the number of rows changed: 0 is a conflict.
INCIDENT_COLUMNS = (
    "id, version, team, service, source, key, severity, status, opened_at, next_action_at, data"  # as IncidentRow
)
INSERT_INCIDENT = (
    f"INSERT INTO incidents ({INCIDENT_COLUMNS}) VALUES (?, 1, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"
)
UPDATE_INCIDENT = (
    "UPDATE incidents SET version = version + 1, team = ?, service = ?, severity = ?, status = ?, next_action_at = ?,"
    " data = ? WHERE id = ? AND version = ?"
)
INCIDENT = f"SELECT {INCIDENT_COLUMNS} FROM incidents WHERE id = ?"
INCIDENT_BY_KEY = f"SELECT {INCIDENT_COLUMNS} FROM incidents WHERE source = ? AND key = ? AND status IN {OPEN}"
DUE = (
    f"SELECT {INCIDENT_COLUMNS} FROM incidents WHERE next_action_at <= ? AND status IN {OPEN}"
    " ORDER BY next_action_at LIMIT ?"
)

# Pages. A page that is in somebody's hands, or waits for one, has a `lease_until`, and no other has.
PAGE_COLUMNS = (
    "id, incident_id, person, channel, address_ref, state, owner, fence, lease_until, attempts, code, provider_id,"
    " created_at, data, settled_at"  # as PageRow
)
INSERT_PAGE = (
    "INSERT INTO pages (id, incident_id, person, channel, address_ref, state, owner, fence, lease_until, attempts,"
    " code, created_at, data) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
INSERT_PAGE_INCIDENT = "INSERT INTO page_incidents (page_id, incident_id) VALUES (?, ?)"
OUTCOME = (
    "UPDATE pages SET state = ?, provider_id = COALESCE(?, provider_id), data = COALESCE(?, data), lease_until = ?,"
    " attempts = CASE WHEN attempts + ? < 1 THEN attempts ELSE attempts + ? END, settled_at = COALESCE(?, settled_at)"
    " WHERE id = ? AND fence = ? AND lease_until IS NOT NULL"
)
RANKS = {"sent": 1, "failed": 2, "delivered": 3}
_RANK = (
    "CASE state WHEN 'sent' THEN 1 WHEN 'failed' THEN 2 WHEN 'delivered' THEN 3 WHEN 'cancelled' THEN 4"
    " WHEN 'missed' THEN 4 ELSE 0 END"
)
# A page that is not sent any more may have been sent: under which name is known, or its call is taken for another's.
RECEIPT = (
    f"UPDATE pages SET state = CASE WHEN {_RANK} < ? THEN ? ELSE state END, provider_id = CASE WHEN {_RANK} < ?"
    " OR provider_id IS NULL THEN COALESCE(?, provider_id) ELSE provider_id END, lease_until = NULL, settled_at ="
    f" CASE WHEN {_RANK} < ? THEN ? ELSE settled_at END WHERE id = ?"
    f" AND ({_RANK} < ? OR (provider_id IS NULL AND CAST(? AS text) IS NOT NULL))"
)
# {only}: of one incident. {locked}: where several claim at once, a row that another one is claiming is passed by.
CLAIM = (
    "WITH free AS (SELECT id FROM pages WHERE lease_until IS NOT NULL AND (lease_until <= ? OR (state <> 'waiting' AND"
    " owner IN (SELECT id FROM instances WHERE ended_at IS NOT NULL))){only} ORDER BY lease_until LIMIT ?{locked})"
    " UPDATE pages SET state = CASE state WHEN 'waiting' THEN 'claimed' ELSE 'unsure' END, owner = ?,"
    " fence = fence + 1, attempts = attempts + 1, lease_until = ? WHERE id IN (SELECT id FROM free)"
    f" RETURNING {PAGE_COLUMNS}"
)
HOLDS = "SELECT 1 FROM pages WHERE id = ? AND fence = ? AND state IN ('claimed', 'unsure') AND lease_until > ?"
PAGE = f"SELECT {PAGE_COLUMNS} FROM pages WHERE id = ?"
PAGES = (
    f"SELECT {PAGE_COLUMNS} FROM pages WHERE incident_id = ?"
    " OR id IN (SELECT page_id FROM page_incidents WHERE incident_id = ?) ORDER BY created_at, id"
)
PAGES_BY_CODE = f"SELECT {PAGE_COLUMNS} FROM pages WHERE code = ? AND created_at >= ? ORDER BY created_at DESC, id"
PAGE_BY_PROVIDER_ID = f"SELECT {PAGE_COLUMNS} FROM pages WHERE channel = ? AND provider_id = ?"
# `+`: SQLite is not to walk all pages by the index of that column instead.
PENDING = (
    f"SELECT {PAGE_COLUMNS} FROM pages WHERE lease_until IS NOT NULL AND channel = ? AND address_ref = ?"
    " ORDER BY +created_at, id"
)

# A row is made, or moved on, unless that would spend more than the burst: then no row is changed.
TAKE = (
    "INSERT INTO budgets (person, channel, spent_until) VALUES (?, ?, ?) ON CONFLICT (person, channel) DO UPDATE"
    " SET spent_until = CASE WHEN budgets.spent_until > ? THEN budgets.spent_until + ? ELSE excluded.spent_until END"
    " WHERE budgets.spent_until <= ?"
)

COUNT = "SELECT count(*) FROM incidents WHERE team = ?"
OPEN_COUNTS = (
    f"SELECT team, status, count(*), min(opened_at) FROM incidents WHERE status IN {OPEN} GROUP BY team, status"
    " ORDER BY team, status"
)
# By quarters of an hour, as no zone's day begins between them. A page by several channels, or again, wakes once.
_QUARTER = 15 * 60 * 1_000_000
PAGED = (
    f"SELECT i.team, p.person, p.created_at / {_QUARTER} * {_QUARTER} AS quarter, count(DISTINCT p.incident_id)"
    " FROM pages p JOIN incidents i ON i.id = p.incident_id WHERE p.created_at >= ? AND p.created_at < ?"
    " AND p.person IS NOT NULL AND p.state NOT IN ('waiting', 'missed', 'cancelled', 'failed')"
    " AND p.data NOT LIKE ? AND p.data NOT LIKE ?"
    " GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"
)
SPENT_UNTIL = "SELECT spent_until FROM budgets WHERE person = ? AND channel = ?"

AUDIT_COLUMNS = "incident_id, at, actor, kind, cause, revision, data"  # as AuditRow
INSERT_AUDIT = f"INSERT INTO audit ({AUDIT_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)"
AUDIT = f"SELECT {AUDIT_COLUMNS} FROM audit WHERE incident_id = ? ORDER BY id"

ENDED_AT = "SELECT ended_at FROM instances WHERE id = ?"
INSERT_INSTANCE = "INSERT INTO instances (name, started_at) VALUES (?, ?) RETURNING id"
END_INSTANCE = "UPDATE instances SET ended_at = ? WHERE id = ? AND ended_at IS NULL"
END_OTHERS = "UPDATE instances SET ended_at = ? WHERE ended_at IS NULL"
# A clock that was put back makes no wait longer than it was; incidents see to theirs themselves.
LAST_AT = "SELECT at FROM audit ORDER BY id DESC LIMIT 1"
EARLIER = (
    "UPDATE pages SET lease_until = lease_until - ? WHERE lease_until IS NOT NULL",
    "UPDATE budgets SET spent_until = spent_until - ?",
)
INSTANCES = "SELECT id, name, started_at, ended_at FROM instances WHERE ended_at IS NULL ORDER BY id <> ?, id"

PUBLISH = (
    "INSERT INTO revisions (team, digest, commit_id, at, content) VALUES (?, ?, ?, ?, ?) ON CONFLICT (team) DO UPDATE"
    " SET digest = excluded.digest, commit_id = excluded.commit_id, at = excluded.at, content = excluded.content"
)
REVISION = "SELECT team, digest, commit_id, at, content FROM revisions WHERE team = ?"
DIGESTS = "SELECT team, digest FROM revisions"
PUT = "INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value"
KEEP = "INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO NOTHING"
SWAP = "UPDATE meta SET value = ? WHERE key = ? AND value = ?"
GET = "SELECT value FROM meta WHERE key = ?"

TOKENS_HAVE = "id, digest, scope, person, team, label, created_at, expires_at, used_at, revoked_at"  # as Token
ADD_TOKEN = f"INSERT INTO tokens ({TOKENS_HAVE}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
LIST_TOKENS = f"SELECT {TOKENS_HAVE} FROM tokens ORDER BY created_at, id"
REVOKE = "UPDATE tokens SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL"
SHOWN = "UPDATE tokens SET used_at = ? WHERE id = ?"
LINK_KEY_COLUMNS = "id, signing_key, created_at, retired_at"  # as LinkKey
INSERT_LINK_KEY = f"INSERT INTO link_keys ({LINK_KEY_COLUMNS}) VALUES (?, ?, ?, ?)"
LINK_KEYS = f"SELECT {LINK_KEY_COLUMNS} FROM link_keys ORDER BY created_at DESC, id"
RETIRE_LINK_KEY = "UPDATE link_keys SET retired_at = ? WHERE id = ?"

OVERRIDE_COLUMNS = "id, team, entry, created_by, created_at, ended_at, ended_by, ended_why"  # as LiveOverride
ADD_OVERRIDE = f"INSERT INTO live_overrides ({OVERRIDE_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
OVERRIDES = f"SELECT {OVERRIDE_COLUMNS} FROM live_overrides WHERE ended_at IS NULL ORDER BY created_at, id"
OVERRIDE = f"SELECT {OVERRIDE_COLUMNS} FROM live_overrides WHERE id = ?"
END_OVERRIDE = "UPDATE live_overrides SET ended_at = ?, ended_by = ?, ended_why = ? WHERE id = ? AND ended_at IS NULL"

# Retention. The trigger on audit lets go of what lies before `audit_from`.
PRUNE_AUDIT = "DELETE FROM audit WHERE at < ?"
PRUNE_INCIDENTS = f"DELETE FROM incidents WHERE opened_at < ? AND status NOT IN {OPEN}"
# Pages that were only to show that pages go out, with their incidents.
FORGET = f"DELETE FROM incidents WHERE source = ? AND opened_at < ? AND status NOT IN {OPEN}"
PRUNE_OVERRIDES = "DELETE FROM live_overrides WHERE ended_at < ?"
PRUNE_INSTANCES = "DELETE FROM instances WHERE ended_at < ?"

# What must not be found, with a sentence for it.
WRONG = {
    "a page without its incident": "SELECT 1 FROM pages WHERE incident_id NOT IN (SELECT id FROM incidents) LIMIT 1",
    "two open incidents of one source and key": (
        f"SELECT 1 FROM incidents WHERE status IN {OPEN} GROUP BY source, key HAVING count(*) > 1 LIMIT 1"
    ),
    "a page that is in nobody's hands, and neither sent nor given up": (
        "SELECT 1 FROM pages WHERE lease_until IS NULL AND state IN ('waiting', 'claimed', 'unsure') LIMIT 1"
    ),
    "a page that is sent and yet in somebody's hands": (
        "SELECT 1 FROM pages WHERE lease_until IS NOT NULL AND state NOT IN ('waiting', 'claimed', 'unsure') LIMIT 1"
    ),
}


def incidents(statuses: int, team: bool, before: bool) -> str:
    """The list of incidents of so many statuses, of a team or all, opened before an instant or at any time.

    Its first parameters are the two sources that are left out.
    """
    narrower = (
        f"source NOT IN (?, ?) AND status IN ({', '.join('?' * statuses)})"
        + " AND team = ?" * team
        + " AND opened_at < ?" * before
    )
    return f"SELECT {INCIDENT_COLUMNS} FROM incidents WHERE {narrower} ORDER BY opened_at DESC, id LIMIT ?"
