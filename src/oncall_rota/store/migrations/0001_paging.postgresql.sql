CREATE FUNCTION audit_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Retention first says from when on rows are kept.
    IF TG_OP = 'DELETE' THEN
        IF EXISTS (SELECT 1 FROM meta WHERE key = 'audit_from' AND OLD.at < value::bigint) THEN
            RETURN OLD;
        END IF;
    END IF;
    RAISE EXCEPTION 'audit rows are never changed, nor deleted before their time' USING ERRCODE = 'check_violation';
END $$;

CREATE TRIGGER audit_no_change BEFORE UPDATE OR DELETE ON audit FOR EACH ROW EXECUTE FUNCTION audit_is_kept();

CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON audit FOR EACH STATEMENT EXECUTE FUNCTION audit_is_kept();
