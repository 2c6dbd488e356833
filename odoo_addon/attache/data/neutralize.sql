-- A copy must not talk to the sidecar of the original.
DELETE FROM ir_config_parameter
 WHERE key IN ('attache.secret', 'attache.sidecar_url', 'attache.public_url');
UPDATE attache_connection
   SET state = 'paused', reason = 'This is a neutralized copy of the database.';
DELETE FROM res_users_apikeys
 WHERE user_id IN (
    SELECT gid_uid.uid
      FROM res_groups_users_rel AS gid_uid
      JOIN ir_model_data AS data
        ON data.model = 'res.groups' AND data.res_id = gid_uid.gid
     WHERE data.module = 'attache' AND data.name = 'group_sidecar'
 );
