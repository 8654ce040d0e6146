"""What happens to a cluster from outside while check_cluster.py watches: customers, and evictions."""
import contextlib
import json
import ssl
import sys
import time
import urllib.error
import urllib.request

from customers import Stream, add_stock, log_in
from services import note
from test_faults import await_completion

# Orders that must be sold before and after a change, so that it is seen by somebody.
ORDERS = 5
SALE_TIMEOUT = 120


def await_sales(stream):
    sold, until = len(stream.orders), time.monotonic() + SALE_TIMEOUT
    while len(stream.orders) < sold + ORDERS:
        if time.monotonic() > until:
            sys.exit(f"nothing is sold: {stream.refusals} {sorted(stream.faults)[:5]}")
        time.sleep(0.1)


@contextlib.contextmanager
def customers(url):
    """Customers who buy meanwhile. In the end each of their orders is completed."""
    address = url.split("//")[1]
    merchant = add_stock(address)
    stream = Stream(address, customers=2)
    try:
        await_sales(stream)
        yield stream
    finally:
        stream.stop()
    check(stream, "everything")
    # The session of a merchant is shorter than this, and the pod at the other end of its connection is gone.
    merchant = merchant.copy()
    log_in(merchant)
    await_completion(stream, merchant)
    note(f"{len(stream.orders)} orders, all completed, and no failed request; refused purchases: {len(stream.closed)}")


def check(stream, when):
    """Somebody has bought since, and nobody has seen a failure."""
    if not stream.over.is_set():
        await_sales(stream)
    failed = {status: count for status, count in stream.refusals.items() if status >= 500}
    if failed or stream.faults or stream.lost:
        sys.exit(f"failed requests until {when}: {failed} {stream.errors} {sorted(stream.faults)[:8]} {stream.lost}")


def evict(server, namespace, pods, timeout):
    """Evicts each pod as soon as its budget allows it. This kubectl does it by a kind that this version does not have."""
    until = time.monotonic() + timeout
    waiting = list(pods)
    while waiting:
        waiting = [name for name in waiting if not evicted(server, namespace, name)]
        if waiting and time.monotonic() > until:
            sys.exit(f"not evicted: {waiting}")
        time.sleep(0.5)


def evicted(server, namespace, name):
    body = {"apiVersion": "policy/v1beta1", "kind": "Eviction", "metadata": {"name": name, "namespace": namespace}}
    request = urllib.request.Request(f"https://127.0.0.1:{server.port}/api/v1/namespaces/{namespace}/pods/{name}/eviction", json.dumps(body).encode(),
                                     {"Authorization": f"Bearer {server.token}", "Content-Type": "application/json"})
    try:
        urllib.request.urlopen(request, context=ssl._create_unverified_context(), timeout=10).close()
        return True
    except urllib.error.HTTPError as error:
        if error.code == 404:
            return True
        if error.code == 429:
            return False
        raise
