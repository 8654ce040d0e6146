"""The staff of a shop, who resolve everything that a storm has left to them."""
import http.client
import json
import time
import urllib.request

from customers import Refused, key

# The rounds over everything that needs attention: resolving one thing may reveal another.
ROUNDS = 20


def pages(client, path):
    cursor = ""
    while cursor is not None:
        page = client.read(f"{path}{'&' if '?' in path else '?'}limit=100{cursor}")
        yield from page["items"]
        cursor = f"&cursor={page['next_cursor']}" if page.get("next_cursor") else None


def completed_operations(sandbox):
    """The references of all operations that the gateway has completed."""
    done, after = set(), ""
    while True:
        with urllib.request.urlopen(f"{sandbox}/sandbox/ledger?limit=500&after={after}", timeout=30) as response:
            items = json.loads(response.read())["items"]
        if not items:
            return done
        after = items[-1]["reference"]
        done.update(command["reference"] for item in items for command in item["commands"] if command.get("reference"))


def resolve_unknown_operations(merchant, sandbox):
    """Resolves each operation with an unknown outcome by the gateway's ledger. Returns their number."""
    done, resolved = completed_operations(sandbox), 0
    for payment in pages(merchant, "/api/v1/payments"):
        for operation in payment["operations"]:
            if operation["state"] == "needs_attention" and operation["refusal"] is None:
                outcome = "done" if operation["reference"] in done else "not_done"
                path = f"/api/v1/payments/{payment['payment']['id']}/operations/{operation['number']}/resolve"
                merchant.call("POST", path, {"outcome": outcome, "reason": "looked up at the gateway"}, key())
                resolved += 1
    return resolved


def resolve_orders(merchant):
    """Resolves every order that needs attention as completed manually. Returns how often that was necessary."""
    resolved = 0
    for _ in range(ROUNDS):
        waiting = [one["order_id"] for one in pages(merchant, "/api/v1/workflows?status=attention")]
        if not waiting:
            return resolved
        for order in waiting:
            try:
                merchant.call("POST", f"/api/v1/workflows/{order}/resolve", {"outcome": "done", "reason": "in cash"}, key())
                resolved += 1
            except Refused as refusal:
                # The order was resolved in the meantime.
                if refusal.status != 409:
                    raise
            except (OSError, http.client.HTTPException):
                pass
        time.sleep(3)
    raise TimeoutError(f"orders still need attention after {ROUNDS} rounds: {waiting[:5]}")
