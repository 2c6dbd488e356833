"""A mail server that keeps what Odoo sends, so that demo mail goes nowhere."""

import email
import email.message
import email.policy
import socketserver
import threading


class _Session(socketserver.StreamRequestHandler):
    """As much of SMTP (RFC 5321) as Python's client speaks."""

    def handle(self):
        self._say("220 demo")
        while line := self.rfile.readline():
            word = line.strip().upper().split(b" ")[0]
            if word in (b"EHLO", b"HELO"):
                self._say("250-demo\r\n250 8BITMIME")
            elif word == b"DATA":
                self._say("354 go on")
                self.server.keep(self._message())
                self._say("250 kept")
            elif word == b"QUIT":
                self._say("221 bye")
                return
            else:
                self._say("250 fine")

    def _message(self) -> bytes:
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line[1:] if line.startswith(b".") else line)
        return b"".join(lines)

    def _say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    keep = None


class Mailbox:
    """`messages` are those that came since the start."""

    def __init__(self, port: int):
        self.port = port
        self.messages: list[email.message.EmailMessage] = []

    def __enter__(self) -> "Mailbox":
        self._server = _Server(("127.0.0.1", self.port), _Session)
        self._server.keep = self._keep
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _keep(self, data: bytes) -> None:
        self.messages.append(email.message_from_bytes(data, policy=email.policy.default))

    def about(self, subject: str) -> email.message.EmailMessage | None:
        """The message with this subject, if it came."""
        return next((one for one in self.messages if one["Subject"] == subject), None)
