-- Two roles: the owner makes tables, the application only uses them. Both without login.
-- Safe to repeat. A database administrator may run this file by hand (see ops/roles.sql).
DO $$
BEGIN
    -- Roles belong to the cluster: another database may be making them at this moment.
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'izin_owner') THEN
        BEGIN
            CREATE ROLE izin_owner NOLOGIN;
        EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
        END;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'izin_app') THEN
        BEGIN
            CREATE ROLE izin_app NOLOGIN;
        EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
        END;
    END IF;
    IF NOT pg_has_role(current_user, 'izin_owner', 'MEMBER') THEN
        EXECUTE format('GRANT izin_owner TO %I', current_user);
    END IF;
    IF NOT pg_has_role(current_user, 'izin_app', 'MEMBER') THEN
        EXECUTE format('GRANT izin_app TO %I', current_user);
    END IF;
    IF NOT has_database_privilege('izin_owner', current_database(), 'CREATE') THEN
        EXECUTE format('GRANT CREATE ON DATABASE %I TO izin_owner', current_database());
    END IF;
END
$$;
