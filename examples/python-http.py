# A receiver on Python's standard library. Run it with: KYC_SECRET=whsec_... PORT=3000 python3 python-http.py
#
# The provider documents whsec_ secrets and HMAC, not how a delivery is signed. This is Standard Webhooks, which the
# sandbox signs with. `kycgenie listen` finds out how yours are signed; `kycgenie config get scheme` shows it then.
import base64
import hashlib
import hmac
import json
import os
import re
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

TOLERANCE_SECONDS = 300
MAX_BODY_BYTES = 1024 * 1024
MAX_SEEN = 10_000


def key_of(secret):
    """The base64 after whsec_, in either alphabet."""
    return base64.b64decode(secret.removeprefix("whsec_").replace("-", "+").replace("_", "/") + "==")


# One secret, or during a rotation two with a space between.
KEYS = [key_of(secret) for secret in os.environ["KYC_SECRET"].split()]
if not KEYS or not all(KEYS):
    raise SystemExit("KYC_SECRET holds no secret")

# Ids of the events done. A database table with a unique id belongs here: memory is lost with the process.
seen = {}
lock = threading.Lock()


def is_signed(headers, body):
    event_id = headers.get("webhook-id", "")
    timestamp = headers.get("webhook-timestamp", "")
    signatures = headers.get("webhook-signature", "").split(" ")
    if not event_id or not re.fullmatch("[0-9]{1,12}", timestamp):
        return False
    if abs(time.time() - int(timestamp)) > TOLERANCE_SECONDS:
        return False
    signed = f"{event_id}.{timestamp}.".encode() + body
    expected = [b"v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)) for key in KEYS]
    return any(hmac.compare_digest(one, given.encode()) for one in expected for given in signatures)


def handle(event):
    """Only put the event in a queue here: the sender does not wait for long."""
    if event.get("event_type") == "screening.completed":
        print("screening completed:", event.get("id"), flush=True)
    # Types that are not known are no error: new ones come without notice.


def handle_once(event_id, body):
    with lock:
        if event_id in seen:
            return
        handle(json.loads(body))
        seen[event_id] = True
        if len(seen) > MAX_SEEN:
            del seen[next(iter(seen))]


class Receiver(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 30

    def do_POST(self):
        length = self.headers.get("content-length", "")
        if "transfer-encoding" in self.headers or not re.fullmatch("[0-9]{1,9}", length):
            return self.send_error(411)  # http.server reads no chunked bodies; a proxy in front makes them whole.
        if int(length) > MAX_BODY_BYTES:
            return self.send_error(413)
        body = self.rfile.read(int(length))  # The bytes as they came: parsed and written anew they are not signed.
        if not is_signed(self.headers, body):
            return self.answer(401)
        try:
            handle_once(self.headers["webhook-id"], body)
        except Exception:
            self.send_error(500)  # So that it is sent again.
            raise
        self.answer(200)

    def do_GET(self):
        # Closed: a body that nobody reads would be taken for the next request.
        self.answer(405, [("Allow", "POST"), ("Connection", "close")])

    do_HEAD = do_GET

    def answer(self, status, headers=()):
        self.send_response(status)
        for name, value in [*headers, ("Content-Length", "0")]:
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", int(os.environ.get("PORT", "3000"))), Receiver)
print(f"listening on http://127.0.0.1:{server.server_port}/", flush=True)
server.serve_forever()
