def migrate(cr, version):
    """Files that missed their record's folder, because both were made at the same time, are looked
    for in all folders once."""
    cr.execute(
        """INSERT INTO attache_unmet (model, res_id)
           SELECT 'attache.folder', id FROM attache_folder WHERE kind = 'record'"""
    )
