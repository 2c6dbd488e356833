from . import bytes, rules
