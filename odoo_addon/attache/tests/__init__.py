from . import (
    test_access,
    test_attachment,
    test_chatter,
    test_connection,
    test_download,
    test_editors,
    test_restriction,
    test_rule,
    test_rule_preview,
    test_rule_shape,
    test_rule_toml,
    test_screen,
)
