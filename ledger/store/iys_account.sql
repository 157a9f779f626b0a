-- The provider's account at İYS and its tokens. Schema: migrations/provider/0011.

-- account --
SELECT url, agreement, late_ret, tsa_roots, sealed, wrapped_key, kek_epoch FROM iys_account

-- write_account --
INSERT INTO iys_account AS a (url, agreement, late_ret, tsa_roots, sealed, wrapped_key, kek_epoch)
VALUES (%(url)s, %(agreement)s, %(late_ret)s, %(tsa_roots)s, %(sealed)s, %(wrapped_key)s,
        %(kek_epoch)s)
    ON CONFLICT (one) DO UPDATE
   SET url = EXCLUDED.url, agreement = EXCLUDED.agreement, late_ret = EXCLUDED.late_ret,
       tsa_roots = EXCLUDED.tsa_roots, sealed = EXCLUDED.sealed,
       wrapped_key = EXCLUDED.wrapped_key, kek_epoch = EXCLUDED.kek_epoch

-- remove_account --
DELETE FROM iys_account

-- tokens --
SELECT sealed, wrapped_key, kek_epoch FROM iys_tokens

-- keep_tokens --
INSERT INTO iys_tokens AS t (sealed, wrapped_key, kek_epoch)
VALUES (%(sealed)s, %(wrapped_key)s, %(kek_epoch)s)
    ON CONFLICT (one) DO UPDATE
   SET sealed = EXCLUDED.sealed, wrapped_key = EXCLUDED.wrapped_key, kek_epoch = EXCLUDED.kek_epoch

-- forget_tokens --
DELETE FROM iys_tokens

-- try_lock --
SELECT pg_try_advisory_lock(hashtextextended(%(name)s, 0))
