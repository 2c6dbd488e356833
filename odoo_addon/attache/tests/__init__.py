from . import (
    test_access,
    test_attachment,
    test_restriction,
    test_rule,
    test_rule_preview,
    test_rule_shape,
    test_rule_toml,
)
