from . import documents_access, documents_document
