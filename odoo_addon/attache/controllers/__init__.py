from . import bytes, rules, upload, zip
