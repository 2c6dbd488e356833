from . import content
