-- When it was known what became of a page: taken, delivered or failed.

ALTER TABLE pages ADD COLUMN settled_at {integer};
