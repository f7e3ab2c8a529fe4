-- Incidents, pages, their audit, and what servers share. Instants are microseconds since 1970.
-- In {braces}: words that SQLite and PostgreSQL spell differently. A blank line ends a statement.

CREATE TABLE meta (key text PRIMARY KEY, value text NOT NULL){strict};

CREATE TABLE incidents (
    id text PRIMARY KEY,
    version {integer} NOT NULL,
    team text NOT NULL,
    service text,
    source text NOT NULL,
    key text NOT NULL,
    severity text NOT NULL,
    status text NOT NULL,
    opened_at {integer} NOT NULL,
    next_action_at {integer},
    data text NOT NULL
){strict};

-- A signal of the same source and key belongs to the incident that is open.
CREATE UNIQUE INDEX incidents_open_key ON incidents (source, key)
    WHERE status IN ('held', 'triggered', 'acknowledged');

CREATE INDEX incidents_due ON incidents (next_action_at) WHERE next_action_at IS NOT NULL;

CREATE INDEX incidents_opened ON incidents (opened_at);

CREATE TABLE pages (
    id text PRIMARY KEY,
    incident_id text NOT NULL REFERENCES incidents (id) ON DELETE CASCADE,
    person text,
    channel text NOT NULL,
    address_ref text NOT NULL,
    state text NOT NULL,
    owner {integer} NOT NULL,
    fence {integer} NOT NULL,
    lease_until {integer},
    attempts {integer} NOT NULL,
    code text NOT NULL,
    provider_id text,
    created_at {integer} NOT NULL,
    data text NOT NULL
){strict};

CREATE INDEX pages_incident ON pages (incident_id);

CREATE INDEX pages_code ON pages (code);

CREATE INDEX pages_provider ON pages (channel, provider_id) WHERE provider_id IS NOT NULL;

-- Pages in somebody's hands, or waiting for one: few, however many were sent.
CREATE INDEX pages_lease ON pages (lease_until) WHERE lease_until IS NOT NULL;

-- What a bundle is about, beyond its first incident.
CREATE TABLE page_incidents (
    page_id text NOT NULL REFERENCES pages (id) ON DELETE CASCADE,
    incident_id text NOT NULL REFERENCES incidents (id) ON DELETE CASCADE,
    PRIMARY KEY (incident_id, page_id)
){strict};

CREATE INDEX page_incidents_page ON page_incidents (page_id);

CREATE TABLE audit (
    id {identity},
    incident_id text,
    at {integer} NOT NULL,
    actor text NOT NULL,
    kind text NOT NULL,
    cause text NOT NULL,
    revision text NOT NULL,
    data text NOT NULL
){strict};

CREATE INDEX audit_incident ON audit (incident_id);

-- A budget is spent up to an instant; it is full when that is in the past.
CREATE TABLE budgets (
    person text NOT NULL,
    channel text NOT NULL,
    spent_until {integer} NOT NULL,
    PRIMARY KEY (person, channel)
){strict};

CREATE TABLE instances (
    id {identity},
    name text NOT NULL,
    started_at {integer} NOT NULL,
    ended_at {integer}
){strict};

-- The last good configuration of each team.
CREATE TABLE revisions (
    team text PRIMARY KEY,
    digest text NOT NULL,
    commit_id text,
    at {integer} NOT NULL,
    content {bytes} NOT NULL
){strict};

CREATE TABLE tokens (
    id text PRIMARY KEY,
    digest {bytes} NOT NULL UNIQUE,
    scope text NOT NULL,
    person text,
    team text,
    label text NOT NULL,
    created_at {integer} NOT NULL,
    expires_at {integer},
    used_at {integer},
    revoked_at {integer}
){strict};

-- What acknowledgement links are signed with; two are valid while one replaces the other.
CREATE TABLE link_keys (
    id text PRIMARY KEY,
    signing_key {bytes} NOT NULL,
    created_at {integer} NOT NULL,
    retired_at {integer}
){strict};
