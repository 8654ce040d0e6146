"""What the searches and dashboards show. Fields are those of docs/telemetry.md and, of nginx, `path` and `upstream`."""
import objects as o

LOGS, SERVICES, ACCESS = "shopstack-logs", "shopstack-service-logs", "shopstack-access-logs"
PATTERNS = [o.index_pattern(LOGS, "logs-shopstack.*"), o.index_pattern(SERVICES, "logs-shopstack.service-*"),
            o.index_pattern(ACCESS, "logs-shopstack.access-*")]

REQUEST = "target:request"
CHECKOUT = f'{REQUEST} AND method:POST AND route:"/api/v1/checkout"'
PLACED = 'message.keyword:"payment changed its state" AND step:placed'
RESPONDED = 'message.keyword:"the gateway responded"'
REFUSED = f"{RESPONDED} AND operation:authorise AND outcome:(refused OR failed)"
# The slowest requests that customers accept without wondering; TRACES_SLOW_MS has the same default.
SLOW = f"{REQUEST} AND duration_us:>=1000000"
STEP_DONE = 'message.keyword:"a step of an order was carried out"'
STEP_FAILED = ('message.keyword:("a step of an order failed" OR "saving the result of a step failed, retrying" OR '
               '"the result of a step was not saved, the step is repeated")')
NO_OUTCOME = 'message.keyword:("a gateway operation has no outcome yet" OR "cannot query the gateway; retrying later")'
DEAD = ('message.keyword:("an event was given up; see the dead letters" OR '
        '"cannot decode an event; rejected to the dead-letter exchange" OR '
        '"cannot decode an event; moved to the undecodable table")')
LOGIN = f'{REQUEST} AND route:"/api/v1/auth/login"'
LOGIN_FAILED = f"{LOGIN} AND status:(401 OR 429)"
EMAIL_FAILED = 'message.keyword:"sending an email failed, retrying later"'
CALL_FAILED = 'message.keyword:("the called service did not respond" OR "the called service is unavailable" OR "the called service failed")'
OUT_OF_STOCK = f'{REQUEST} AND status:409 AND route:("/api/v1/cart/lines" OR "/api/v1/checkout")'
PROBLEM = "level:(ERROR OR WARN)"

SEARCHES = [
    o.search("shopstack-errors", LOGS, "Errors", "Lines of level ERROR: somebody has to act.", "level:ERROR",
             ["service", "message", "error", "order", "trace_id"]),
    o.search("shopstack-order-story", LOGS, "Story of one order",
             "All lines of orders, oldest first. Add a filter on `order` or `order_number` to read the story of one.", "order:*",
             ["service", "message", "order_number", "order", "step", "operation", "error"], oldest_first=True),
    o.search("shopstack-trace", LOGS, "One trace",
             "All lines with a trace, oldest first. Add a filter on `trace_id` to follow one request through all services.",
             "trace_id:*", ["service", "message", "method", "route", "status", "duration_us", "trace_id"], oldest_first=True),
    o.search("shopstack-slow-requests", SERVICES, "Slow requests", "Requests that took a second or longer.", SLOW,
             ["service", "method", "route", "status", "duration_us", "trace_id"]),
    o.search("shopstack-refused-payments", SERVICES, "Refused payments",
             "Authorisations that a payment gateway or the customer's bank refused.", REFUSED,
             ["gateway", "operation", "outcome", "order", "payment", "reference"]),
    o.search("shopstack-open-payments", SERVICES, "Payments without an outcome",
             "Operations whose response from the payment gateway was lost or unusable. The shop queries them again.", NO_OUTCOME,
             ["gateway", "operation", "error", "order", "payment", "reference"]),
    o.search("shopstack-failed-steps", SERVICES, "Failed steps of orders",
             "Steps of orders that failed and are repeated. An order that stays here is stuck.", STEP_FAILED,
             ["order_number", "step", "error", "order", "trace_id"]),
    o.search("shopstack-dead-letters", SERVICES, "Dead letters",
             "Events that were given up. Staff replay or discard them.", DEAD,
             ["service", "queue", "event_type", "event_id", "tries", "error"]),
    o.search("shopstack-failed-logins", SERVICES, "Failed logins",
             "Logins with wrong credentials (401) or after too many attempts (429).", LOGIN_FAILED,
             ["status", "method", "route", "duration_us", "request_id"]),
    o.search("shopstack-failed-emails", SERVICES, "Failed emails", "Emails that the mail server did not take; they are sent again.",
             EMAIL_FAILED, ["email", "error"]),
    o.search("shopstack-text-lines", LOGS, "Lines that are not JSON",
             "Output of libraries, panics, and nginx's error log.", "NOT level:*", ["message", "log_file"]),
]


def over_time(identity, pattern, title, description, query, split, colours, kind="histogram", label="Lines"):
    return o.visualisation(identity, pattern, title, description, query, kind, o.chart(kind, label, stacked=kind != "line"),
                           [o.count(label), o.by_time(), split], colours)


def single(identity, title, description, query, label, pattern=SERVICES, aggregation=None):
    return o.visualisation(identity, pattern, title, description, query, "metric", o.number(), [aggregation or o.count(label)])


def durations(identity, title, description, query, pattern=SERVICES):
    aggs = [o.percentiles("duration_us", "ms", [50, 95, 99]), o.by_time()]
    return o.visualisation(identity, pattern, title, description, query, "line",
                           o.chart("line", "Milliseconds", stacked=False, legend="bottom"), aggs,
                           {"50th percentile of ms": o.BLUE, "95th percentile of ms": o.ORANGE,
                            "99th percentile of ms": o.RED})


def ranking(identity, pattern, title, description, query, metrics, buckets, rows=10):
    return o.visualisation(identity, pattern, title, description, query, "table", o.table(rows), [*metrics, *buckets])


STATUS = {"2xx": "status:[200 TO 299]", "3xx": "status:[300 TO 399]", "4xx": "status:[400 TO 499]", "5xx": "status:[500 TO 599]"}
FUNNEL = {
    "Products viewed": f'{REQUEST} AND method:GET AND route:("/api/v1/products" OR "/api/v1/products/{{handle}}") AND status:200',
    "Added to cart": f'{REQUEST} AND method:POST AND route:"/api/v1/cart/lines" AND status:[200 TO 299]',
    "Delivery chosen": f'{REQUEST} AND method:PUT AND route:"/api/v1/cart/shipping" AND status:[200 TO 299]',
    "Checkout sent": CHECKOUT,
    "Order placed": PLACED,
    "Shipment created": f"{STEP_DONE} AND step:create_shipment",
}

OVERVIEW = [
    single("shopstack-orders-placed", "Orders placed", "Orders whose payment was authorised or is awaited.", PLACED, "orders placed"),
    single("shopstack-request-count", "Requests", "Requests that the services answered.", REQUEST, "requests"),
    single("shopstack-request-p95", "Time of requests", "95 % of the requests were answered within this time.", REQUEST, "",
           aggregation=o.percentiles("duration_us", "request times (ms)", [95])),
    single("shopstack-error-count", "Errors", "Lines of level ERROR.", "level:ERROR", "errors", LOGS),
    over_time("shopstack-requests-by-service", SERVICES, "Requests by service", "Requests that each service answered.", REQUEST,
              o.by_terms("service", "Service", "group", 3), o.SERVICE_COLOURS, label="Requests"),
    over_time("shopstack-requests-by-status", SERVICES, "Requests by status", "Responses of the services by class of status.", REQUEST,
              o.by_filters(STATUS, "Status", "group", 3), o.STATUS_COLOURS, label="Requests"),
    over_time("shopstack-lines-by-level", LOGS, "Log lines by level", "All lines with a level.", "level:*",
              o.by_terms("level", "Level", "group", 3), o.LEVEL_COLOURS),
    durations("shopstack-durations", "Durations of requests", "Half, 95 % and 99 % of the requests were answered within this time.", REQUEST),
]
CHECKOUTS = [
    o.visualisation("shopstack-funnel", SERVICES, "From product to shipment", "How many requests and orders reached each step.", "*",
                    "horizontal_bar", o.chart("histogram", "Requests or orders", "Step", horizontal=True) | {"addLegend": False},
                    [o.count("Requests or orders"), o.by_filters(FUNNEL, "Step", "segment", 2)], {"Requests or orders": o.BLUE}),
    over_time("shopstack-checkouts-by-status", SERVICES, "Checkouts by status",
              "201: the payment has an outcome; 202: it is being processed; 409: stock or price has changed.", CHECKOUT,
              o.by_terms("status", "Status", "group", 3),
              {"201": o.BLUE, "202": o.SKY, "409": o.ORANGE, "422": o.YELLOW, "503": o.RED}, label="Checkouts"),
    durations("shopstack-checkout-durations", "Durations of checkouts", "Includes the time of the payment gateway.", CHECKOUT),
    ranking("shopstack-gateway-operations", SERVICES, "Operations at payment gateways", "Responses of gateways by operation.", RESPONDED,
            [o.count("Responses")], [o.by_terms("gateway", "Gateway", "bucket", 2), o.by_terms("operation", "Operation", "bucket", 3)]),
    ranking("shopstack-refusals", SERVICES, "Refused payments by gateway", "Authorisations that were refused.", REFUSED,
            [o.count("Refusals")], [o.by_terms("gateway", "Gateway", "bucket", 2), o.by_terms("outcome", "Outcome", "bucket", 3)]),
    over_time("shopstack-out-of-stock", SERVICES, "Conflicts: out of stock or changed price",
              "Responses 409 to adding to a cart and to checkout.", OUT_OF_STOCK, o.by_terms("route", "Route", "group", 3),
              {"/api/v1/cart/lines": o.ORANGE, "/api/v1/checkout": o.RED}, label="Conflicts"),
]
HEALTH = [
    ranking("shopstack-services", SERVICES, "Services", "Requests and their durations by service.", REQUEST,
            [o.count("Requests"), o.percentiles("duration_us", "ms", [50, 95], 3)], [o.by_terms("service", "Service", "bucket", 2)]),
    over_time("shopstack-failed-requests", SERVICES, "Failed requests by service", "Responses with a status from 500.",
              f"{REQUEST} AND status:>=500", o.by_terms("service", "Service", "group", 3), o.SERVICE_COLOURS, label="Failed requests"),
    over_time("shopstack-failed-calls", SERVICES, "Failed calls between services", "Calls without a usable response, by the calling service.",
              CALL_FAILED, o.by_terms("service", "Caller", "group", 3), o.SERVICE_COLOURS, label="Failed calls"),
    ranking("shopstack-slow-routes", SERVICES, "Slowest routes", "Routes by the 95th percentile of their durations.", REQUEST,
            [o.percentiles("duration_us", "ms", [95]), {**o.count("Requests"), "id": "4"}],
            [o.by_terms("route", "Route", "bucket", 2, order="1.95")]),
    over_time("shopstack-edge-status", ACCESS, "Responses of nginx", "Responses to customers by class of status.", "status:*",
              o.by_filters(STATUS, "Status", "group", 3), o.STATUS_COLOURS, label="Responses"),
    durations("shopstack-edge-durations", "Durations at nginx", "From the first byte of the request to the last of the response.", "status:*", ACCESS),
]
ERRORS = [
    over_time("shopstack-problems-by-service", LOGS, "Errors and warnings by service", "Lines of level ERROR or WARN.", PROBLEM,
              o.by_terms("service", "Service", "group", 3), o.SERVICE_COLOURS),
    over_time("shopstack-problems-by-level", LOGS, "Errors and warnings by level", "ERROR: somebody has to act. WARN: it is repeated or was refused.",
              PROBLEM, o.by_terms("level", "Level", "group", 3), o.LEVEL_COLOURS),
    ranking("shopstack-frequent-problems", LOGS, "Most frequent errors and warnings", "Each message is a sentence without data, so equal ones add up.",
            PROBLEM, [o.count("Lines")],
            [o.by_terms("service", "Service", "bucket", 2), o.by_terms("message.keyword", "Message", "bucket", 3)]),
    ranking("shopstack-dead-letters-by-queue", SERVICES, "Dead letters by queue", "Events that were given up.", DEAD,
            [o.count("Events")], [o.by_terms("queue", "Queue", "bucket", 2), o.by_terms("service", "Service", "bucket", 3)]),
    over_time("shopstack-failed-logins-by-status", SERVICES, "Failed logins", "401: wrong credentials. 429: too many attempts.", LOGIN_FAILED,
              o.by_terms("status", "Status", "group", 3), {"401": o.ORANGE, "429": o.RED}, label="Logins"),
]
STUCK = [
    single("shopstack-orders-with-failures", "Orders with a failed step", "Different orders; most of them went on by themselves.", STEP_FAILED, "",
           aggregation=o.metric("cardinality", "order", "orders with a failed step")),
    single("shopstack-payments-without-outcome", "Payments without an outcome", "Different payments; the shop queries them again.", NO_OUTCOME, "",
           aggregation=o.metric("cardinality", "payment", "payments without an outcome")),
    over_time("shopstack-steps", SERVICES, "Steps of orders", "Steps that were carried out.", STEP_DONE,
              o.by_terms("step", "Step", "group", 3),
              {"commit_stock": o.BLUE, "capture": o.GREEN, "create_shipment": o.SKY, "release_stock": o.ORANGE, "void": o.PINK},
              label="Steps"),
    over_time("shopstack-failed-steps-by-step", SERVICES, "Failed steps", "Steps that failed and are repeated.", STEP_FAILED,
              o.by_terms("step", "Step", "group", 3),
              {"commit_stock": o.BLUE, "capture": o.GREEN, "create_shipment": o.SKY, "release_stock": o.ORANGE, "void": o.PINK},
              label="Failures"),
    ranking("shopstack-stuck-orders", SERVICES, "Orders by failed steps", "The more failures and the later the last one, the likelier is an order stuck.",
            STEP_FAILED, [o.count("Failures"), o.metric("max", "@timestamp", "Last failure", 4)],
            [o.by_terms("order_number", "Order", "bucket", 2), o.by_terms("step", "Step", "bucket", 3)]),
    ranking("shopstack-step-errors", SERVICES, "Reasons of failed steps", "The errors of the steps that failed.", STEP_FAILED,
            [o.count("Failures")], [o.by_terms("step", "Step", "bucket", 2), o.by_terms("error.keyword", "Error", "bucket", 3)]),
]


def v(identity, width):
    return "visualization", f"shopstack-{identity}", width


def s(identity, width=48):
    return "search", f"shopstack-{identity}", width


DASHBOARDS = [
    o.dashboard("shopstack-overview", "ShopStack: overview", "Orders, requests, durations and log lines of the whole shop.", [
        (7, [v("orders-placed", 12), v("request-count", 12), v("request-p95", 12), v("error-count", 12)]),
        (13, [v("requests-by-service", 24), v("requests-by-status", 24)]),
        (13, [v("durations", 24), v("lines-by-level", 24)])]),
    o.dashboard("shopstack-checkout", "ShopStack: checkout funnel", "From the product to the shipment, and what keeps customers from it.", [
        (14, [v("funnel", 24), v("checkouts-by-status", 24)]),
        (12, [v("checkout-durations", 24), v("out-of-stock", 24)]),
        (9, [v("gateway-operations", 48)]),
        (12, [s("refused-payments")]),
        (9, [v("refusals", 48)])]),
    o.dashboard("shopstack-health", "ShopStack: service health", "How the services and nginx respond, and where calls fail.", [
        (14, [v("services", 28), v("failed-requests", 20)]),
        (14, [v("slow-routes", 28), v("failed-calls", 20)]),
        (12, [v("edge-status", 24), v("edge-durations", 24)]),
        (14, [s("slow-requests")])]),
    o.dashboard("shopstack-errors", "ShopStack: errors", "Errors and warnings, dead letters, and failed logins and emails.", [
        (12, [v("problems-by-service", 24), v("problems-by-level", 24)]),
        (13, [v("frequent-problems", 48)]),
        (10, [v("dead-letters-by-queue", 24), v("failed-logins-by-status", 24)]),
        (14, [s("errors")]),
        (12, [s("dead-letters")]),
        (12, [s("failed-emails")])]),
    o.dashboard("shopstack-stuck", "ShopStack: orders stuck", "Steps of orders that fail, and payments without an outcome.", [
        (7, [v("orders-with-failures", 24), v("payments-without-outcome", 24)]),
        (12, [v("steps", 24), v("failed-steps-by-step", 24)]),
        (10, [v("stuck-orders", 48)]),
        (9, [v("step-errors", 48)]),
        (14, [s("failed-steps")]),
        (12, [s("open-payments")])]),
]

OBJECTS = [*PATTERNS, *SEARCHES, *OVERVIEW, *CHECKOUTS, *HEALTH, *ERRORS, *STUCK, *DASHBOARDS]
