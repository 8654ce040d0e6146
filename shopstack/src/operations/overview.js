// Draws the overview from /metrics and /logs, which every other tool reads as well.
"use strict";

const INTERVAL = 2000;
// The number of readings over which rates and quantiles are computed: one minute.
const HISTORY = 30;
const PLACES = {
  shopstack: [110, 250, "edge"], web: [340, 50], user: [340, 150], cart: [340, 250], payment: [340, 350], ratings: [340, 450],
  catalogue: [580, 90], shipping: [700, 250], dispatch: [580, 410], broker: [900, 330],
};
const readings = [];
const element = (id) => document.getElementById(id);
let paused = false;

/** Parses Prometheus' text format into samples: name, labels, value. */
function parse(text) {
  const samples = [];
  for (const line of text.split("\n")) {
    const match = /^([a-z_]+)\{(.*)\} (\S+)$/.exec(line);
    if (!match) continue;
    const labels = {};
    for (const [, name, value] of match[2].matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)) labels[name] = value;
    samples.push({ name: match[1], labels, value: Number(match[3]), key: line.slice(0, line.lastIndexOf(" ")) });
  }
  return samples;
}

/** The samples of a metric with the increase of each over the last minute. */
function increases(name, matches = () => true) {
  const last = readings[readings.length - 1], first = readings[0];
  return last.samples.filter((one) => one.name === name && matches(one.labels))
    .map((one) => ({ ...one, increase: Math.max(0, one.value - (first.byKey.get(one.key) ?? 0)) }));
}

const sum = (samples, field = "increase") => samples.reduce((total, one) => total + one[field], 0);
const seconds = () => Math.max(1, (readings[readings.length - 1].at - readings[0].at) / 1000);
const latest = (name, matches = () => true) =>
  sum(readings[readings.length - 1].samples.filter((one) => one.name === name && matches(one.labels)), "value");

/** A quantile from the buckets of a histogram, in seconds; the upper bound of the bucket that has it. */
function quantile(share, service) {
  const buckets = new Map();
  for (const one of increases("http_server_request_duration_seconds_bucket", (labels) => labels.service === service)) {
    const bound = one.labels.le === "+Inf" ? Infinity : Number(one.labels.le);
    buckets.set(bound, (buckets.get(bound) ?? 0) + one.increase);
  }
  const sorted = [...buckets].sort(([a], [b]) => a - b);
  const all = sorted.length ? sorted[sorted.length - 1][1] : 0;
  if (all === 0) return null;
  return sorted.find(([, count]) => count >= all * share)[0];
}

function duration(value) {
  if (value === null) return "–";
  if (value === Infinity) return "> 10 s";
  return value < 1 ? `≤ ${+(value * 1000).toFixed(1)} ms` : `≤ ${value} s`;
}

const rate = (count) => (count === 0 ? "0" : (count / seconds()).toFixed(count / seconds() < 1 ? 2 : 1));

/** Creates an element with attributes and children. Text is never parsed as HTML. */
function make(tag, attributes = {}, ...children) {
  const isSvg = ["svg", "g", "rect", "text", "path", "title", "defs", "marker"].includes(tag);
  const node = isSvg ? document.createElementNS("http://www.w3.org/2000/svg", tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

function money() {
  const currencies = readings[readings.length - 1].samples.filter((one) => one.name === "revenue_minor_units_total");
  const text = currencies.map(({ labels, value }) => {
    const format = new Intl.NumberFormat(undefined, { style: "currency", currency: labels.currency });
    return format.format(value / 10 ** format.resolvedOptions().maximumFractionDigits);
  });
  return text.join(", ") || "0";
}

function drawTiles() {
  const open = (status) => latest("orders_open", (labels) => labels.status === status);
  const failed = latest("checkouts_total", (labels) => labels.outcome === "failed");
  const failedEvents = latest("dead_letters") + latest("broker_dead_letters");
  const tiles = [
    ["Orders since the start", latest("orders_placed_total"), false],
    ["Revenue since the start", money(), false],
    ["Checkouts that failed", failed, failed > 0],
    ["Orders in preparation", open("received") + open("confirmed"), false],
    ["Orders on their way", open("shipped"), false],
    ["Orders that need staff", latest("orders_needing_attention"), latest("orders_needing_attention") > 0],
    ["Payments with unknown outcome", latest("payments_unknown"), latest("payments_unknown") > 0],
    ["Failed events", failedEvents, failedEvents > 0],
    ["Products low on stock", latest("stock_levels_low"), false],
    ["Memory", `${Math.round(latest("process_resident_memory_bytes") / 1048576)} MiB`, false],
  ];
  element("tiles").replaceChildren(...tiles.map(([name, value, bad]) =>
    make("div", bad ? { class: "bad" } : {}, make("dt", {}, name), make("dd", {}, String(value)))));
}

/** The edges of the map: from, to, count of the last minute, errors, and if they are events. */
function edges() {
  const found = new Map();
  const add = (from, to, one, isError, isEvent) => {
    if (!PLACES[from] || !PLACES[to] || one.increase === 0) return;
    const edge = found.get(`${from} ${to}`) ?? { from, to, count: 0, errors: 0, isEvent };
    edge.count += one.increase;
    edge.errors += isError ? one.increase : 0;
    found.set(`${from} ${to}`, edge);
  };
  for (const one of increases("http_client_request_duration_seconds_count"))
    add(one.labels.service, one.labels.server_address, one, !/^[234]/.test(one.labels.http_response_status_code), false);
  for (const one of increases("http_server_request_duration_seconds_count", (labels) => !labels.http_route.startsWith("/internal")))
    add("shopstack", one.labels.service, one, one.labels.http_response_status_code.startsWith("5"), false);
  for (const one of increases("outbox_published_events_total")) add(one.labels.service, "broker", one, false, true);
  for (const one of increases("inbox_processed_events_total"))
    add("broker", one.labels.service, one, one.labels.outcome !== "succeeded", true);
  return [...found.values()];
}

const isDown = (service) => readings[readings.length - 1].samples.some((one) =>
  one.name === "dependency_available" && one.labels.service === service && one.value === 0);

function drawMap() {
  const map = element("map"), nodes = [];
  const arrow = make("marker", { id: "arrow", viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 7, markerHeight: 7, orient: "auto-start-reverse", markerUnits: "userSpaceOnUse" });
  arrow.append(make("path", { d: "M0 0L8 4L0 8z" }));
  nodes.push(make("defs", {}, arrow));
  for (const edge of edges()) {
    const [x1, y1] = PLACES[edge.from], [x2, y2] = PLACES[edge.to];
    const right = x2 >= x1, same = Math.abs(x2 - x1) < 10;
    const from = same ? [x1, y1 + (y2 > y1 ? 26 : -26)] : [x1 + (right ? 72 : -72), y1 + 6];
    const to = same ? [x2, y2 + (y2 > y1 ? -26 : 26)] : [x2 + (right ? -74 : 74), y2 - 6];
    const bend = same ? 0 : (to[0] - from[0]) / 2;
    const path = make("path", {
      d: `M${from} C${from[0] + bend},${from[1]} ${to[0] - bend},${to[1]} ${to}`,
      class: edge.errors > 0 ? "bad" : edge.isEvent ? "event" : "call",
      "stroke-width": Math.min(8, 1.5 + Math.log2(1 + edge.count / seconds())), "marker-end": "url(#arrow)",
    });
    path.append(make("title", {}, `${edge.from} to ${edge.to}: ${rate(edge.count)}/s, ${edge.errors} errors`));
    nodes.push(path);
  }
  for (const [name, [x, y, title]] of Object.entries(PLACES)) {
    const requests = sum(increases("http_server_request_duration_seconds_count", (labels) => labels.service === name));
    const group = make("g", isDown(name) ? { class: "down" } : {},
      make("rect", { x: x - 70, y: y - 25, width: 140, height: 50, rx: 8 }),
      make("text", { x, y: y - 4 }, title ?? name));
    const note = name === "broker" ? "events" : name === "shopstack" ? "all requests" : `${rate(requests)}/s · ${duration(quantile(0.99, name))}`;
    group.append(make("text", { x, y: y + 15, class: "small" }, note));
    nodes.push(group);
  }
  map.replaceChildren(...nodes);
}

function drawServices() {
  const calls = edges();
  element("services").replaceChildren(...Object.keys(PLACES).filter((name) => !["shopstack", "broker"].includes(name)).map((name) => {
    const requests = increases("http_server_request_duration_seconds_count", (labels) => labels.service === name);
    const errors = sum(requests.filter((one) => one.labels.http_response_status_code.startsWith("5")));
    const called = calls.filter((edge) => edge.from === name).map((edge) => `${edge.to} ${rate(edge.count)}/s`).join(", ");
    return make("tr", {}, make("th", { scope: "row" }, name),
      make("td", isDown(name) ? { class: "bad-text" } : {}, isDown(name) ? "a dependency is down" : "ok"),
      make("td", { class: "number" }, rate(sum(requests))),
      make("td", { class: errors > 0 ? "number bad-text" : "number" }, String(errors)),
      make("td", { class: "number" }, duration(quantile(0.5, name))), make("td", { class: "number" }, duration(quantile(0.99, name))),
      make("td", {}, called || "–"));
  }));
}

function drawLogs(text) {
  const wanted = element("filter").value.trim(), level = element("level").value;
  const lines = text.split("\n").filter((line) => line && line.includes(wanted)).map((line) => JSON.parse(line));
  const shown = lines.filter((line) => level === "INFO" || line.level !== "INFO").slice(-100).reverse();
  element("logs").replaceChildren(...shown.map((line) => {
    const { timestamp, level, service, message, target, span_id, request_id, trace_id, ...fields } = line;
    const rest = Object.entries(fields).map(([name, value]) => `${name}=${value}`).join(" ");
    const link = trace_id ? [make("a", { href: `/traces/${trace_id}` }, "trace"), " "] : [];
    return make("tr", { class: level.toLowerCase() }, make("td", {}, timestamp.slice(11, 23)), make("td", {}, level),
      make("td", {}, service ?? ""), make("td", {}, message), make("td", {}, ...link, rest));
  }));
}

async function read(path) {
  const response = await fetch(path, { headers: { accept: "text/plain" } });
  if (!response.ok) throw new Error(`${path}: status ${response.status}`);
  return response.text();
}

async function refresh() {
  if (paused || document.hidden) return;
  try {
    const [metrics, logs] = await Promise.all([read("/metrics"), read("/logs")]);
    const samples = parse(metrics);
    readings.push({ at: Date.now(), samples, byKey: new Map(samples.map((one) => [one.key, one.value])) });
    if (readings.length > HISTORY) readings.shift();
    drawTiles();
    drawMap();
    drawServices();
    drawLogs(logs);
    element("state").textContent = `Updated ${new Date().toLocaleTimeString()}`;
  } catch (error) {
    element("state").textContent = `The shop does not respond: ${error.message}`;
  }
}

element("pause").addEventListener("click", (event) => {
  paused = !paused;
  event.target.setAttribute("aria-pressed", String(paused));
  event.target.textContent = paused ? "Resume" : "Pause";
});
for (const id of ["filter", "level"]) element(id).addEventListener("input", refresh);
refresh();
setInterval(refresh, INTERVAL);
