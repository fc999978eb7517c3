# A receiver on Flask. Run it with: pip install flask && KYC_SECRET=whsec_... PORT=3000 python3 python-flask.py
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

from flask import Flask, request

TOLERANCE_SECONDS = 300
MAX_SEEN = 10_000


def key_of(secret):
    """The base64 after whsec_, in either alphabet."""
    return base64.b64decode(secret.removeprefix("whsec_").replace("-", "+").replace("_", "/") + "==")


# One secret, or during a rotation two with a space between.
KEYS = [key_of(secret) for secret in os.environ["KYC_SECRET"].split()]
if not KEYS or not all(KEYS):
    raise SystemExit("KYC_SECRET holds no secret")

# Ids of the events done. A database table with a unique id belongs here: workers do not share memory.
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


app = Flask(__name__)
app.config["MAX_CONTENT_LENGTH"] = 1024 * 1024


@app.post("/")
def receive():
    body = request.get_data()  # The bytes as they came: request.json, written anew, is not what was signed.
    if not is_signed(request.headers, body):
        return "", 401
    with lock:
        if request.headers["webhook-id"] not in seen:
            handle(json.loads(body))
            seen[request.headers["webhook-id"]] = True
            if len(seen) > MAX_SEEN:
                del seen[next(iter(seen))]
    return "", 200


if __name__ == "__main__":
    app.run(host="127.0.0.1", port=int(os.environ.get("PORT", "3000")))
