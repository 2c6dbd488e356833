from . import (
    attache_folder,
    attache_rule,
    attache_service,
    attache_trash,
    documents_document,
    ir_attachment,
)
