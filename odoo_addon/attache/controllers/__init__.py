from . import bytes
