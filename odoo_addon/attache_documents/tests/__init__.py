from . import test_files, test_folders, test_rights, test_rule
