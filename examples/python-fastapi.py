# A receiver on FastAPI. Run it with: pip install fastapi uvicorn && KYC_SECRET=whsec_... PORT=3000 python3 python-fastapi.py
#
# The provider documents whsec_ secrets and HMAC, not how a delivery is signed. This is Standard Webhooks, which the
# sandbox signs with. `kycgenie listen` finds out how yours are signed; `kycgenie config get scheme` shows it then.
import base64
import hashlib
import hmac
import json
import os
import re
import time

import uvicorn
from fastapi import FastAPI, Request, Response

TOLERANCE_SECONDS = 300
MAX_BODY_BYTES = 1024 * 1024
MAX_SEEN = 10_000


def key_of(secret: str) -> bytes:
    """The base64 after whsec_, in either alphabet."""
    return base64.b64decode(secret.removeprefix("whsec_").replace("-", "+").replace("_", "/") + "==")


# One secret, or during a rotation two with a space between.
KEYS = [key_of(secret) for secret in os.environ["KYC_SECRET"].split()]
if not KEYS or not all(KEYS):
    raise SystemExit("KYC_SECRET holds no secret")

# Ids of the events done. A database table with a unique id belongs here: workers do not share memory.
seen: dict[str, bool] = {}


def is_signed(request: Request, body: bytes) -> bool:
    event_id = request.headers.get("webhook-id", "")
    timestamp = request.headers.get("webhook-timestamp", "")
    signatures = request.headers.get("webhook-signature", "").split(" ")
    if not event_id or not re.fullmatch("[0-9]{1,12}", timestamp):
        return False
    if abs(time.time() - int(timestamp)) > TOLERANCE_SECONDS:
        return False
    signed = f"{event_id}.{timestamp}.".encode() + body
    expected = [b"v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)) for key in KEYS]
    return any(hmac.compare_digest(one, given.encode()) for one in expected for given in signatures)


def handle(event: dict) -> None:
    """Only put the event in a queue here: the sender does not wait for long."""
    if event.get("event_type") == "screening.completed":
        print("screening completed:", event.get("id"), flush=True)
    # Types that are not known are no error: new ones come without notice.


app = FastAPI(openapi_url=None)


@app.post("/")
async def receive(request: Request) -> Response:
    body = bytearray()  # The bytes as they came: what a model was made of, written anew, is not what was signed.
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            return Response(status_code=413)
    if not is_signed(request, bytes(body)):
        return Response(status_code=401)
    if request.headers["webhook-id"] not in seen:
        handle(json.loads(body))
        seen[request.headers["webhook-id"]] = True
        if len(seen) > MAX_SEEN:
            del seen[next(iter(seen))]
    return Response(status_code=200)


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(os.environ.get("PORT", "3000")))
