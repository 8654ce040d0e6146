#!/usr/bin/env python3
"""Tries the runbooks: causes the faults of a running shop with two replicas (see shop.py) that alert_drill.py does not, waits for
each alert, runs the commands of its page, repairs what the page says, and checks that the alert clears.

    runbook_drill.py PROGRAM [NAME...]   all, or those named

The faults of a group are there at the same time, since most of these alerts wait for a quarter of an hour. At last Prometheus is
killed, and the calls of the watchdog must stop. It takes about an hour and a half.
"""
import json
import signal
import subprocess
import sys
import tempfile
import time

import alert_drill
import runbook_faults
import runbook_stalls
import services
import shop
from customers import add_stock
from runbook_faults import Broken

FIRING_TIMEOUT, CLEARING_TIMEOUT = 2400, 2400
# Seconds without a call, which comes once a minute, and for which Alertmanager repeats an alert of a Prometheus that is gone.
WATCHDOG_SILENCE, WATCHDOG_TIMEOUT = 150, 900


class Trial:
    """A fault, and what became of it."""

    def __init__(self, name, fault):
        self.name, self.fault, self.repaired_after, self.cleared_after = name, fault, None, None


def commands(fault, broken):
    """Runs the commands of the page's diagnosis and shows the beginning of what they print."""
    for words, expected in fault.diagnosis(broken):
        result = subprocess.run([str(word) for word in words], env=broken.environment, capture_output=True, text=True)
        printed = result.stdout + result.stderr
        shown = " ".join(str(word) for word in words).replace(broken.program, "shopstack")
        print(f"    $ {shown}\n" + "".join(f"      {line[:160]}\n" for line in printed.splitlines()[:6]), end="", flush=True)
        if expected not in printed:
            raise AssertionError(f"{shown}: no {expected!r} in what it printed:\n{printed[:2000]}")


def advance(trial, firing, broken, began):
    """Repairs a fault whose alert fires, and notes when it has cleared."""
    if trial.repaired_after is None and trial.fault.alert in firing:
        trial.repaired_after = time.monotonic() - began
        print(f"{trial.name}: {trial.fault.alert} fired after {trial.repaired_after:.0f} s; docs/runbooks/{trial.fault.page}", flush=True)
        commands(trial.fault, broken)
        trial.fault.repair(broken)
        trial.repaired = time.monotonic()
    elif trial.repaired_after is not None and trial.cleared_after is None and trial.fault.alert not in firing:
        trial.cleared_after = time.monotonic() - trial.repaired
        print(f"{trial.name}: clear {trial.cleared_after:.0f} s after the repair", flush=True)


def drill(trials, watch, broken):
    began, repaired = time.monotonic(), 0
    for trial in trials:
        print(f"causing: {trial.name}", flush=True)
        trial.fault.cause(broken)
    while any(trial.cleared_after is None for trial in trials):
        firing = watch.firing()
        for trial in trials:
            advance(trial, firing, broken, began)
        waiting = [trial.name for trial in trials if trial.repaired_after is None]
        if waiting:
            repaired = time.monotonic()
        if waiting and time.monotonic() - began > FIRING_TIMEOUT:
            raise AssertionError(f"no alert for {waiting}")
        if not waiting and time.monotonic() - repaired > CLEARING_TIMEOUT:
            raise AssertionError(f"not clear: {[trial.name for trial in trials if trial.cleared_after is None]}")
        time.sleep(1)


def drill_watchdog(slack, started):
    """What waits for the calls of the watchdog has to notice that Prometheus is gone."""
    if slack.watchdog == 0:
        raise AssertionError("the watchdog was not called")
    services.kill(started.processes["prometheus"].pid)
    began = last = time.monotonic()
    calls = slack.watchdog
    while time.monotonic() - last < WATCHDOG_SILENCE:
        if slack.watchdog != calls:
            calls, last = slack.watchdog, time.monotonic()
        if time.monotonic() - began > WATCHDOG_TIMEOUT:
            raise AssertionError("the watchdog is called without Prometheus")
        time.sleep(1)
    print(f"the watchdog was called {calls} times, the last time {last - began:.0f} s after the end of Prometheus", flush=True)


def main():
    state = json.loads(shop.STATE.read_text())
    program, chosen = sys.argv[1], sys.argv[2:]
    groups = [[Trial(name, fault) for name, fault in group.items() if name in chosen or not chosen]
              for group in (runbook_faults.faults(), *runbook_stalls.groups())]
    trials = [trial for group in groups for trial in group]
    slack, started = alert_drill.Slack(), services.Started(tempfile.mkdtemp(prefix="shopstack-runbooks-"))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    add_stock(state["url"].split("//")[1])
    try:
        with Broken(program, state, started) as broken:
            watch = alert_drill.watch_shop(program, state, started, slack)
            for group in groups:
                drill(group, watch, broken)
        alert_drill.check_log(started)
        drill_watchdog(slack, started)
    finally:
        services.end_all([process.pid for process in started.processes.values()])
    print(f"\n{'fault':<28}{'alert':<30}{'fired after':>12}{'clear after':>13}")
    for trial in trials:
        print(f"{trial.name:<28}{trial.fault.alert:<30}{trial.repaired_after:>10.0f} s{trial.cleared_after:>11.0f} s")


if __name__ == "__main__":
    main()
