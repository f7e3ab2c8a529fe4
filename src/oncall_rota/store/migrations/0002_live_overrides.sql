-- Overrides that took effect before any file had them. Rows stay when they have ended, and say why.

CREATE TABLE live_overrides (
    id text PRIMARY KEY,
    team text NOT NULL,
    entry text NOT NULL,
    created_by text NOT NULL,
    created_at {integer} NOT NULL,
    ended_at {integer},
    ended_by text,
    ended_why text
){strict};

-- Servers ask for these several times a second.
CREATE INDEX live_overrides_standing ON live_overrides (created_at, id) WHERE ended_at IS NULL;
