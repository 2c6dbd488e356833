"""Cures what a bed lacks: see the manifest, and what Odoo does with PDFs, for which pip's pypdf is
newer than Debian's package expects."""

from pypdf.errors import DeprecationError
from pypdf.generic import ArrayObject, DictionaryObject, NameObject

from odoo.tools import pdf

_fill, _banner = pdf.fill_form_fields_pdf, pdf.add_banner


def fill_form_fields_pdf(writer, form_fields):
    """Odoo's, for writers without any form as well."""
    root = writer._root_object
    form = root.setdefault(NameObject("/AcroForm"), DictionaryObject())
    form.setdefault(NameObject("/Fields"), ArrayObject())
    return _fill(writer, form_fields)


def add_banner(*args, **kwargs):
    """Odoo's; it goes on without a banner after this error."""
    try:
        return _banner(*args, **kwargs)
    except DeprecationError as error:
        raise ValueError(str(error)) from error


pdf.fill_form_fields_pdf, pdf.add_banner = fill_form_fields_pdf, add_banner
