"""The people of a shop, who look after everything that a storm has left to them."""
import http.client
import json
import time
import urllib.request

from customers import Refused, key

# How often everything that waits is gone through: one thing may wait behind another.
ROUNDS = 20


def pages(person, path):
    cursor = ""
    while cursor is not None:
        page = person.read(f"{path}{'&' if '?' in path else '?'}limit=100{cursor}")
        yield from page["items"]
        cursor = f"&cursor={page['next_cursor']}" if page.get("next_cursor") else None


def commands_at(sandbox):
    """The references of all commands that the gateway has carried out."""
    done, after = set(), ""
    while True:
        with urllib.request.urlopen(f"{sandbox}/sandbox/ledger?limit=500&after={after}", timeout=30) as answer:
            items = json.loads(answer.read())["items"]
        if not items:
            return done
        after = items[-1]["reference"]
        done.update(command["reference"] for item in items for command in item["commands"] if command.get("reference"))


def look_up(merchant, sandbox):
    """Says of each command whose outcome nobody knows what the gateway's books say."""
    done, told = commands_at(sandbox), 0
    for payment in pages(merchant, "/api/v1/payments"):
        for attempt in payment["attempts"]:
            if attempt["state"] == "parked" and attempt["refusal"] is None:
                outcome = "done" if attempt["reference"] in done else "not_done"
                path = f"/api/v1/payments/{payment['payment']['id']}/attempts/{attempt['number']}/resolve"
                merchant.call("POST", path, {"outcome": outcome, "reason": "looked up at the gateway"}, key())
                told += 1
    return told


def decide(merchant):
    """Pays by hand what cannot be paid otherwise, and looks after every concern; says how often somebody had to."""
    decided = 0
    for _ in range(ROUNDS):
        waiting = [one["order_id"] for one in pages(merchant, "/api/v1/workflows?status=attention")]
        if not waiting:
            return decided
        for order in waiting:
            try:
                merchant.call("POST", f"/api/v1/workflows/{order}/resolve", {"outcome": "done", "reason": "in cash"}, key())
                decided += 1
            except Refused as refusal:
                # Somebody, or something, was faster.
                if refusal.status != 409:
                    raise
            except (OSError, http.client.HTTPException):
                pass
        time.sleep(3)
    raise TimeoutError(f"still waiting after {ROUNDS} rounds: {waiting[:5]}")
