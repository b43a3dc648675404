"""A platform's shop in one file: it sells a training and reports it learnt.

Only the standard library. How to run it, and what it does: README.md in this folder.
"""

import argparse
import base64
import hashlib
import hmac
import json
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid

DEMO_SECRET = "whsec_aGFueWEtdW50dWstcGVyYWdhYW4tcHJha2VyamEtMDA="
TRIES, TIMEOUT = 4, 15  # requests at the most for one call, seconds for each


class Refused(Exception):
    """The API said no. ``problem`` holds its code and its sentence."""

    def __init__(self, status, problem):
        self.status = status
        self.problem = problem
        super().__init__(f"{status} {problem['code']}: {problem['message']}")


class Prakerja:
    """The API, for one platform."""

    def __init__(self, site, platform, secret):
        self.site = site.rstrip("/")
        self.platform = platform
        self.key = base64.b64decode(secret.removeprefix("whsec_"))

    def sign(self, message_id, timestamp, payload):
        """Return the signature of Standard Webhooks."""
        signed = f"{message_id}.{timestamp}.".encode() + payload
        digest = hmac.new(self.key, signed, hashlib.sha256).digest()
        return f"v1,{base64.b64encode(digest).decode()}"

    def get(self, path):
        return self.call("GET", path)

    def post(self, path, data=None):
        # One key for one thing to do, however often it has to be sent.
        body = b"" if data is None else json.dumps(data).encode()
        return self.call("POST", path, body, {"Idempotency-Key": uuid.uuid4().hex})

    def call(self, method, path, body=b"", headers=None):
        """Send until there is an answer; it is safe to repeat, thanks to the key."""
        for attempt in range(1, TRIES + 1):
            try:
                return self.send(method, f"/api/v1{path}", body, headers or {})
            except urllib.error.HTTPError as error:
                problem = problem_of(error)
                is_passing = error.code >= 500 or problem["code"] == "still_running"
                if not is_passing or attempt == TRIES:
                    raise Refused(error.code, problem) from None
            except OSError:
                if attempt == TRIES:
                    raise
            time.sleep(2**attempt)
        raise AssertionError("the last attempt returns or raises")

    def send(self, method, path, body, headers):
        # Each request is signed anew: its id is good once, its time for five minutes.
        message_id = f"msg_{uuid.uuid4().hex}"
        timestamp = str(int(time.time()))
        # What is signed is the body or, where there is none, the method and the path.
        payload = body or f"{method} {path}".encode()
        request = urllib.request.Request(
            self.site + path,
            data=body if method == "POST" else None,
            method=method,
            headers={
                "Content-Type": "application/json",
                "prakerja-platform": self.platform,
                "webhook-id": message_id,
                "webhook-timestamp": timestamp,
                "webhook-signature": self.sign(message_id, timestamp, payload),
                **headers,
            },
        )
        with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:
            return json.load(answer)


def problem_of(error):
    """Return what the API says, or what stands for it if a proxy answered instead."""
    try:
        return json.load(error)
    except ValueError:
        return {"code": "no_answer", "message": error.reason}


def is_from_prakerja(secret, headers, body, *, now):
    """Say whether an event that came to our webhook is genuine: see README.md."""
    try:
        age = abs(now - int(headers["webhook-timestamp"]))
        signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode()
        given = headers["webhook-signature"].split()
    except (KeyError, ValueError):
        return False
    key = base64.b64decode(secret.removeprefix("whsec_"))
    digest = hmac.new(key, signed + body, hashlib.sha256).digest()
    ours = f"v1,{base64.b64encode(digest).decode()}"
    return age <= 300 and any(hmac.compare_digest(ours, one) for one in given)


def ask(words):
    sys.stdout.write(f"{words}: ")
    sys.stdout.flush()
    answer = sys.stdin.readline()
    if not answer:
        raise SystemExit("Nothing was typed.")
    return answer.strip()


def say(words):
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


def choose(api, code):
    """Return the training of this code, or the cheapest that is on sale."""
    trainings, page = [], api.get("/trainings?limit=100")
    while True:
        trainings += page["trainings"]
        if page["next"] is None:
            break
        after = urllib.parse.quote(page["next"])
        page = api.get(f"/trainings?limit=100&after={after}")
    wanted = [
        row
        for row in trainings
        if row["is_on_sale"] and (not code or row["code"] == code)
    ]
    if not wanted:
        raise SystemExit("No such training is on sale here.")
    return min(wanted, key=lambda row: row["price"])


def sell(api, training):
    """Return the paid order of a buyer who types number and code."""
    code = urllib.parse.quote(training["code"], safe="")
    price = api.get(f"/trainings/{code}/price")["price"]
    say(f"{training['title']} ({training['provider']}), Rp{price}")
    number = "".join(filter(str.isdigit, ask("Card number, 16 digits")))
    order = api.post(
        "/orders",
        {"training": training["code"], "card_number": number, "price": price},
    )
    say(f"Order {order['order']}: a code is on its way by SMS.")
    while True:
        typed = ask("Code, 6 digits")
        try:
            return api.post(f"/orders/{order['order']}/confirm", {"code": typed})
        except Refused as refused:
            if refused.problem["code"] != "wrong_or_expired_code":
                raise
            say(refused.problem["message"])


def teach(api, order):
    """Report each step of the learning; return the order after the last."""
    path = f"/orders/{order['order']}"
    api.post(f"{path}/redeemed")
    api.post(f"{path}/started")
    name = ask("Name on the certificate")
    return api.post(f"{path}/finished", {"certificate_name": name})


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--site", default="http://127.0.0.1:8000")
    parser.add_argument("--platform", default="toko-peraga")
    parser.add_argument("--secret", default=DEMO_SECRET)
    parser.add_argument("--training", default="", help="its code; else the cheapest")
    given = parser.parse_args()
    api = Prakerja(given.site, given.platform, given.secret)
    try:
        order = sell(api, choose(api, given.training))
        say(f"Paid. Voucher {order['purchase']['voucher']}")
        order = teach(api, order)
    except Refused as refused:
        raise SystemExit(f"{refused}") from None
    say(f"Finished: {order['purchase']['stage']}. Prakerja now checks the report.")


if __name__ == "__main__":
    main()
