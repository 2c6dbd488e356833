"""Files that go out by mail, with every byte in the cloud only. With the sidecar stopped a mail
waits in the queue and says why; nothing goes out without its files."""

import os
from email.message import EmailMessage

import pytest
import requests
from flows_bed import pdf


@pytest.fixture(scope="module")
def customer(flows):
    """A contact with an address and a folder."""
    return flows.make("res.partner", name="Customer", email="customer@flows.example")


def test_flow_25_a_message_with_files_goes_to_its_recipients(flows, customer):
    data = os.urandom(60_000)
    file = flows.attach("offer.bin", data, "res.partner", customer)
    post = {
        "body": "See there", "subject": "Flow 25", "message_type": "comment",
        "subtype_xmlid": "mail.mt_comment", "partner_ids": [customer], "attachment_ids": [file],
    }  # fmt: skip
    with flows.stopped():
        flows.rpc("res.partner", "message_post", [customer], **post)
        waiting = flows.stuck("offer.bin", "Flow 25")
        # Whoever wrote it sees that it did not go out.
        domain = [["mail_mail_id", "in", waiting]]
        [told] = flows.rpc("mail.notification", "search_read", domain, ["notification_status"])
        assert told["notification_status"] == "exception"
    flows.resend(waiting)
    assert flows.mailbox.files("Flow 25") == [{"offer.bin": data}]
    assert flows.in_cloud_only(file)


def test_flow_26_the_queue_sends_what_waits(flows, customer):
    data = os.urandom(30_000)
    file = flows.attach("queued.bin", data, "res.partner", customer)
    good = flows.rpc(
        "mail.mail", "create",
        {"subject": "Flow 26: nothing", "body_html": "x", "email_to": "b@flows.example"},
    )  # fmt: skip
    flows.rpc(
        "mail.mail", "create",
        {
            "subject": "Flow 26: a file", "body_html": "x", "email_to": "a@flows.example",
            "attachment_ids": [(4, file)],
        },
    )  # fmt: skip
    with flows.stopped():
        flows.rpc("mail.mail", "process_email_queue")
        waiting = flows.stuck("queued.bin", "Flow 26: a file")
        # The others of the queue are sent.
        assert flows.mailbox.files("Flow 26: nothing") == [{}]
    flows.resend(waiting)
    assert flows.mailbox.files("Flow 26: a file") == [{"queued.bin": data}]
    assert good and flows.in_cloud_only(file)


def test_flow_27_a_template_brings_its_files(flows, customer):
    data = os.urandom(30_000)
    template = flows.make(
        "mail.template", name="Flow 27", subject="Flow 27", body_html="<p>x</p>",
        model_id=flows.id("base.model_res_partner"), partner_to="{{ object.id }}",
    )  # fmt: skip
    file = flows.attach("conditions.bin", data, "mail.template", template)
    flows.rpc("mail.template", "write", [template], {"attachment_ids": [(4, file)]})
    with flows.stopped():
        flows.rpc("mail.template", "send_mail", template, customer, force_send=True)
        waiting = flows.stuck("conditions.bin", "Flow 27")
    flows.resend(waiting)
    assert flows.mailbox.files("Flow 27") == [{"conditions.bin": data}]
    assert flows.in_cloud_only(file)


def composed(flows, **vals) -> int:
    """The window that writes a message."""
    made = {"model": "res.partner", "body": "<p>x</p>", **vals}
    return flows.rpc("mail.compose.message", "create", made)


def test_flow_28_the_composer_takes_copies_of_a_templates_files(flows, customer):
    data = os.urandom(30_000)
    template = flows.make(
        "mail.template", name="Flow 28", subject="Flow 28", body_html="<p>x</p>",
        model_id=flows.id("base.model_res_partner"),
    )  # fmt: skip
    file = flows.attach("annex.bin", data, "mail.template", template)
    flows.rpc("mail.template", "write", [template], {"attachment_ids": [(4, file)]})
    action = {
        "composition_mode": "comment", "res_ids": repr([customer]), "template_id": template,
        "partner_ids": [(4, customer)],
    }  # fmt: skip
    window = composed(flows, **action)
    [row] = flows.rpc("mail.compose.message", "read", [window], ["attachment_ids"])
    assert row["attachment_ids"] == [file]
    send = lambda: flows.rpc("mail.compose.message", "action_send_mail", [window])  # noqa: E731
    flows.refuses("annex.bin", send)
    send()
    assert flows.mailbox.files("Flow 28") == [{"annex.bin": data}]
    assert flows.released(file)


def test_flow_29_a_mail_to_many_carries_a_copy_each(flows, customer):
    data = os.urandom(30_000)
    other = flows.make("res.partner", name="Other", email="other@flows.example")
    file = flows.attach("news.bin", data, "res.partner", customer)
    window = composed(
        flows, composition_mode="mass_mail", res_ids=repr([customer, other]), subject="Flow 29",
        attachment_ids=[(4, file)],
    )  # fmt: skip
    send = lambda: flows.rpc("mail.compose.message", "action_send_mail", [window])  # noqa: E731
    flows.refuses("news.bin", send)
    assert not flows.mails("Flow 29")
    send()
    flows.rpc("mail.mail", "process_email_queue")
    assert flows.mailbox.files("Flow 29") == [{"news.bin": data}] * 2
    assert flows.released(file)


def test_flow_30_a_mailing_carries_its_files(flows):
    data = os.urandom(30_000)
    people = flows.rpc("mailing.list", "create", {"name": "Flow 30"})
    for name in ("a", "b"):
        flows.rpc(
            "mailing.contact", "create",
            {"name": name, "email": f"{name}30@flows.example", "list_ids": [(4, people)]},
        )  # fmt: skip
    mailing = flows.make(
        "mailing.mailing", subject="Flow 30", body_html="<p>x</p>", body_arch="<p>x</p>",
        mailing_model_id=flows.id("mass_mailing.model_mailing_list"),
        contact_list_ids=[(4, people)],
    )  # fmt: skip
    file = flows.attach("catalogue.bin", data, "mailing.mailing", mailing)
    flows.rpc("mailing.mailing", "write", [mailing], {"attachment_ids": [(4, file)]})
    send = lambda: flows.rpc("mailing.mailing", "action_send_mail", [mailing])  # noqa: E731
    flows.refuses("catalogue.bin", send)
    assert not flows.mailbox.files("Flow 30")
    send()
    flows.rpc("mail.mail", "process_email_queue")
    assert flows.mailbox.files("Flow 30") == [{"catalogue.bin": data}] * 2


def test_flow_31_a_message_is_forwarded(flows, customer):
    data = os.urandom(30_000)
    file = flows.attach("forwarded.bin", data, "res.partner", customer)
    # What the menu Forward of a message does first.
    aside = {"res_model": "mail.compose.message", "res_id": 0}
    copy = lambda: flows.rpc("ir.attachment", "copy", [file], default=aside)  # noqa: E731
    flows.refuses("forwarded.bin", copy)
    window = composed(
        flows, composition_mode="comment", res_ids=repr([customer]), subject="Flow 31",
        partner_ids=[(4, customer)], attachment_ids=[(6, 0, copy())],
        composition_comment_option="forward",
    )  # fmt: skip
    flows.rpc("mail.compose.message", "action_send_mail", [window])
    assert flows.mailbox.files("Flow 31") == [{"forwarded.bin": data}]
    assert flows.released(file)


def test_flow_32_mail_that_came_in_goes_on_to_the_followers(flows, customer):
    """Its file is released before it is sent on, as where the queue is long."""
    data = os.urandom(30_000)
    topic = flows.make("res.partner", name="Topic")
    flows.rpc("res.partner", "message_subscribe", [topic], [customer])
    letter = EmailMessage()
    letter["From"], letter["To"] = "sender@flows.example", "odoo@flows.example"
    letter["Subject"], letter["Message-ID"] = "Flow 32", "<flow-32@flows.example>"
    letter.set_content("Have a look")
    letter.add_attachment(data, "application", "x-own", filename="incoming.bin")
    context = {"mail_notify_force_send": False}
    flows.rpc(
        "mail.thread", "message_process", "res.partner", letter.as_string(), thread_id=topic,
        context=context,
    )  # fmt: skip
    domain = [["res_model", "=", "res.partner"], ["res_id", "=", topic]]
    [file] = flows.rpc("ir.attachment", "search", domain)
    assert flows.get(f"/web/content/{file}").content == data
    flows.release(file)
    with flows.stopped():
        flows.rpc("mail.mail", "process_email_queue")
        waiting = flows.stuck("incoming.bin", "Flow 32")
    flows.resend(waiting)
    assert flows.mailbox.files("Flow 32") == [{"incoming.bin": data}] * len(waiting)
    assert flows.in_cloud_only(file)


def test_flow_33_a_scheduled_message_goes_out_with_its_files(flows, customer):
    data = os.urandom(30_000)
    file = flows.attach("later.bin", data, "res.partner", customer)
    message = flows.rpc(
        "mail.scheduled.message", "create",
        {
            "subject": "Flow 33", "body": "<p>x</p>", "model": "res.partner", "res_id": customer,
            "scheduled_date": "2030-01-01 00:00:00", "partner_ids": [(4, customer)],
            "attachment_ids": [(4, file)], "author_id": flows.id("base.partner_admin"),
        },
    )  # fmt: skip
    with flows.stopped():
        flows.rpc("mail.scheduled.message", "post_message", [message])
        waiting = flows.stuck("later.bin", "Flow 33")
    flows.resend(waiting)
    assert flows.mailbox.files("Flow 33") == [{"later.bin": data}]
    assert flows.in_cloud_only(file)


def test_flow_34_a_finished_activity_hands_its_files_to_its_message(flows):
    data = os.urandom(30_000)
    topic = flows.rpc("res.partner", "create", {"name": "Has something to do"})
    activity = flows.make(
        "mail.activity", summary="Write minutes", res_id=topic,
        res_model_id=flows.id("base.model_res_partner"),
    )  # fmt: skip
    file = flows.attach("minutes.bin", data, "mail.activity", activity)
    done = lambda: flows.rpc("mail.activity", "action_feedback", [activity])  # noqa: E731
    flows.refuses("minutes.bin", done)
    assert flows.row(file, "res_id")["res_id"] == activity
    note = done()
    [row] = flows.rpc("mail.message", "read", [note], ["attachment_ids"])
    assert row["attachment_ids"] == [file] and not flows.released(file)
    with flows.stopped():  # messages have no folder: the bytes came back with it
        assert flows.get(f"/web/content/{file}").content == data


def test_flow_35_an_invitation_carries_the_files_of_its_template(flows, customer):
    data = pdf("agenda")
    template = flows.id("calendar.calendar_template_meeting_invitation")
    file = flows.attach("agenda.pdf", data, "mail.template", template, "application/pdf")
    vals = {"attachment_ids": [(4, file)], "subject": "Flow 35"}
    flows.rpc("mail.template", "write", [template], vals)
    meeting = {
        "name": "Flow 35", "start": "2030-01-01 10:00:00", "stop": "2030-01-01 11:00:00",
        "partner_ids": [(4, customer)],
    }  # fmt: skip
    flows.refuses("agenda.pdf", lambda: flows.rpc("calendar.event", "create", meeting))
    assert not flows.rpc("calendar.event", "search_count", [["name", "=", "Flow 35"]])
    flows.rpc("calendar.event", "create", meeting)
    [files] = flows.mailbox.files("Flow 35")
    assert files["agenda.pdf"] == data and set(files) == {"agenda.pdf", "invitation.ics"}
    flows.rpc("mail.template", "write", [template], {"attachment_ids": [(5,)]})


def test_flow_36_what_is_too_heavy_for_a_mail_is_linked(flows, customer):
    data = os.urandom(1_200_000)
    file = flows.attach("heavy.bin", data, "res.partner", customer)
    flows.rpc("ir.config_parameter", "set_param", "base.default_max_email_size", "1")
    try:
        flows.rpc(
            "res.partner", "message_post", [customer], body="x", subject="Flow 36",
            message_type="comment", subtype_xmlid="mail.mt_comment", partner_ids=[customer],
            attachment_ids=[file],
        )  # fmt: skip
    finally:
        flows.rpc("ir.config_parameter", "set_param", "base.default_max_email_size", "10")
    assert flows.mailbox.files("Flow 36") == [{}]
    assert "heavy.bin" in flows.mailbox.text("Flow 36")
    token = flows.row(file, "access_token")["access_token"]
    address = f"/web/content/{file}?download=1&access_token={token}"
    assert address.replace("&", "&amp;") in flows.mailbox.text("Flow 36")
    stranger = requests.Session()
    flows.fails("heavy.bin", lambda: flows.get(address, stranger))
    assert flows.get(address, stranger).content == data
    assert flows.in_cloud_only(file)
