from . import attache_rule_import, attache_rule_import_reading
