from unittest.mock import patch

from odoo.tests import HttpCase, new_test_user, tagged

from .. import released_stream
from .common import AttacheCase


@tagged("post_install", "-at_install")
class TestDownload(HttpCase, AttacheCase):
    """A download ends with the right to it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.reader = new_test_user(
            cls.env, "down_reader", "base.group_user", password="down_reader"
        )
        cls.top = cls.folder(cls.root, "Top")
        cls.file = cls.env["ir.attachment"].create(
            {"name": "a.txt", "raw": b"0123456789", "attache_folder_id": cls.top.id}
        )

    def close(self):
        self.top.user_ids = self.clerk
        self.env.flush_all()

    def test_b90_a_right_that_ends_stops_the_next_range(self):
        self.authenticate("down_reader", "down_reader")
        address = f"/web/content/{self.file.id}"
        first = self.url_open(address, headers={"Range": "bytes=0-3"})
        self.assertEqual((first.status_code, first.content), (206, b"0123"))
        self.close()
        second = self.url_open(address, headers={"Range": "bytes=4-9"})
        self.assertEqual(second.status_code, 404)
        self.assertNotIn(b"4", second.content[:1])

    def test_b90_a_right_that_ends_stops_a_running_download(self):
        file = self.file.with_user(self.reader)
        pieces = released_stream.while_allowed(file.sudo(), iter([b"01", b"23", b"45"]))
        with patch.object(released_stream, "RECHECK", 0):
            self.assertEqual(next(pieces), b"01")
            self.close()
            with self.assertRaises(ConnectionError):
                next(pieces)

    def test_a_right_that_stays_lets_all_of_it_through(self):
        file = self.file.with_user(self.reader)
        with patch.object(released_stream, "RECHECK", 0):
            pieces = released_stream.while_allowed(file.sudo(), iter([b"01", b"23"]))
            self.assertEqual(list(pieces), [b"01", b"23"])
