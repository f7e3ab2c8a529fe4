-- How often somebody was paged in a stretch of time is asked for by pages, whatever incident they are about.

CREATE INDEX pages_created ON pages (created_at);
