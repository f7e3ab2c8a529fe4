CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit
BEGIN
    SELECT RAISE(ABORT, 'audit rows are never changed');
END;

-- Retention first says from when on rows are kept.
CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit
WHEN NOT EXISTS (SELECT 1 FROM meta WHERE key = 'audit_from' AND OLD.at < CAST(value AS integer))
BEGIN
    SELECT RAISE(ABORT, 'audit rows are never deleted before their time');
END;
