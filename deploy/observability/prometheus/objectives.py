"""The rules of the service level objectives: for each one recording rules and burn-rate alerts.

The windows and factors are those of the Site Reliability Workbook of Google, chapter 5, "Alerting on SLOs", for a budget of
30 days: an alert fires when both the long window and a short one burn the budget too fast, and ends soon after the cause.
"""
RUNBOOKS = "https://github.com/shopstack/shopstack/blob/main/docs/runbooks"

BROWSE = 'http_request_method="GET",http_route=~"/api/v1/products.*|/api/v1/categories.*|/api/v1/shop|/products/.*|/"'
CHECKOUT = 'http_request_method="POST",http_route="/api/v1/checkout"'


def slower(metric, selector, bound):
    """Requests that took longer than `bound` seconds, and all, as expressions over a window."""
    everything = f"{metric}_count{{{selector}}}"
    # Prometheus 3 stores bounds as floating-point numbers, 2 as they are written: both write these with a point.
    fast = f'{metric}_bucket{{{selector}{"," if selector else ""}le="{bound}"}}'
    return f"sum(rate({everything}[WINDOW])) - sum(rate({fast}[WINDOW]))", f"sum(rate({everything}[WINDOW]))"


def failed(metric, bad, everything):
    """Events with the labels `bad`, and all with the labels `everything`, as expressions over a window. The number of bad ones is
    zero, not absent, while no bad event has ever happened."""
    total = f"sum(rate({metric}{{{everything}}}[WINDOW]))"
    return f"(sum(rate({metric}{{{bad}}}[WINDOW])) or 0 * {total})", total


REQUESTS = 'http_route!~"/internal/.*"'

# Name, title, objective in per cent, the rates of bad and of all events, and what a bad event is.
OBJECTIVES = [
    ("checkout", "Checkout", 99.9,
     *failed("checkouts_total", 'outcome="failed"', ""), "of checkouts fail by an error of the shop"),
    ("requests", "Requests", 99.9,
     *failed("http_server_request_duration_seconds_count", f'http_response_status_code=~"5..",{REQUESTS}', REQUESTS),
     "of requests get a server error"),
    ("browse_latency", "Browsing speed", 99,
     *slower("http_server_request_duration_seconds", BROWSE, "0.25"), "of requests for products take longer than 250 ms"),
    ("checkout_latency", "Checkout speed", 99,
     *slower("http_server_request_duration_seconds", CHECKOUT, "2.5"), "of checkouts take longer than 2.5 s"),
    ("confirmation", "Order confirmation", 99.9,
     *slower("order_confirmation_duration_seconds", "", "60.0"), "of orders are confirmed later than a minute after payment"),
]

# Severity, long window, short window, the factor of the budget's rate, and how long both must burn.
ALERTS = [("critical", "1h", "5m", 14.4, "2m"), ("critical", "6h", "30m", 6, "15m"),
          ("warning", "1d", "2h", 3, "1h"), ("warning", "3d", "6h", 1, "3h")]
WINDOWS = ["5m", "30m", "1h", "2h", "6h", "1d", "3d"]
# Without this, a single failure in a quiet night would burn the budget of a month.
MINIMUM = 3


def recording(name, bad, everything):
    rules = []
    for window in WINDOWS:
        expression = f"({bad}) / ({everything})".replace("WINDOW", window)
        rules.append(f"""\
      - record: slo:{name}_errors:ratio_rate{window}
        expr: |
          {expression}
""")
        count = f"increase_{window}"
        if window in {long for _, long, *_ in ALERTS}:
            increase = bad.replace("rate(", "increase(").replace("WINDOW", window)
            rules.append(f"""\
      - record: slo:{name}_errors:{count}
        expr: |
          {increase}
""")
    return "".join(rules)


def alerting(name, title, objective, meaning):
    budget, rules = f"{(100 - objective) / 100:.4g}", []
    alert = "Shopstack" + "".join(word.capitalize() for word in name.split("_")) + "BudgetBurn"
    for severity, long, short, factor, hold in ALERTS:
        rules.append(f"""\
      - alert: {alert}
        expr: |
          slo:{name}_errors:ratio_rate{long} > {factor} * {budget}
          and slo:{name}_errors:ratio_rate{short} > {factor} * {budget}
          and slo:{name}_errors:increase_{long} >= {MINIMUM}
        for: {hold}
        labels:
          severity: {severity}
          objective: {name}
          window: {long}
        annotations:
          summary: "{title}: the error budget of 30 days burns {factor:g} times too fast"
          description: "{{{{ $value | humanizePercentage }}}} {meaning}, measured over {long}. The objective allows {100 - objective:.4g} %."
          runbook_url: "{RUNBOOKS}/error-budget.md"
""")
    return "".join(rules)


def text():
    parts = ["# Written by generate.py from objectives.py; do not edit.\ngroups:\n"]
    for name, title, objective, bad, everything, meaning in OBJECTIVES:
        parts.append(f"  - name: objective-{name.replace('_', '-')}\n    rules:\n")
        parts.append(recording(name, bad, everything))
        parts.append(alerting(name, title, objective, meaning))
    return "".join(parts)
