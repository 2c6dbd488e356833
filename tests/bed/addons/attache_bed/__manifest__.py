{
    "name": "Attaché test bed",
    "summary": "Removes an asset that Debian's package of Odoo does not carry",
    "version": "19.0.1.0.0",
    "category": "Hidden",
    "license": "LGPL-3",
    "author": "Attaché contributors",
    "depends": ["mail"],
    # Its absence logs an error on each page, and an error in the console fails every tour.
    "assets": {
        "web.assets_backend": [
            ("remove", "mail/static/lib/selfie_segmentation/selfie_segmentation.js"),
        ],
    },
    "installable": True,
}
