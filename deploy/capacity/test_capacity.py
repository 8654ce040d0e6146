#!/usr/bin/env python3
"""Tests of the capacity model: `python3 deploy/capacity/test_capacity.py`. One needs the cache of `make check-charts`."""
import copy
import csv
import io
import json
import re
import sys
import tempfile
import tomllib
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(HERE), str(ROOT / "deploy/local")]

import capacity
import pricing
from limits import exceeded, limits
from model import SERVICES, STORES, Model, load, up

RATES = [0.01, 0.1, 1, 7, 10, 33, 100, 333, 1000]


def by_hand():
    """Round costs and assumptions, whose results can be worked out on paper."""
    processes = [*SERVICES, *STORES, "nginx"]
    costs = load("costs.toml")
    costs["processor_ms"] = {kind: dict.fromkeys(processes, 0.0) for kind in ("idle", "list", "product", "search", "cart_write", "order")}
    costs["processor_ms"]["order"]["payment"] = 20.0
    costs["processor_ms"]["list"]["payment"] = 2.0
    costs["per_order"] = {"mysql.bytes.payment": 2.0**30 / 86_400, "mysql.rows.payment": 3.0, "mysql.rows.dispatch": 1.0,
                          "mysql.Innodb_data_fsyncs": 10.0, "rabbitmq.published": 5.0, "rabbitmq.delivered": 6.0,
                          "redis.bytes": 0.0, "mongodb.bytes.catalogue": 0.0}
    costs["carts"]["redis_bytes_per_cart"] = 2.0**30 / 86_400
    known = load("assumptions.toml")
    known["traffic"] |= {"lists": 10, "products": 0, "searches": 0, "cart_writes": 0, "carts": 2, "mean": 0.5, "hottest_product": 0.1, "read_days": 1}
    known["headroom"] |= {"utilisation": 0.5, "zones": 3, "disk": 1.0}
    known["machines"] |= {"speed": 1.0, "replica_processors": 1.0, "sync_ms": 1.0, "round_trip_ms": 0.5, "commits_per_sync": 4, "syncs_per_commit": 2,
                          "queue_messages_per_second": 6000, "store_processors": 10, "store_memory_gb": 135}
    known["shop"] |= {"order_number_round_trips": 4, "stock_round_trips": 6, "stock_transactions": 2, "cart_days": 90}
    return costs, known


def a_model(rate, **options):
    return Model(rate, costs=by_hand()[0], assumptions=by_hand()[1], **options)


def limit(model, what):
    return next(one.rate for one in limits(model) if one.what == what)


class SmallExample(unittest.TestCase):
    def test_replicas_carry_the_peak_with_one_zone_lost(self):
        # 50 orders a second at the peak x (20 + 10 x 2) ms = 2 processors; half used: 4; two of three zones: 6.
        payment = a_model(25).workload("payment")
        self.assertEqual((payment.processors, payment.most, payment.milli), (2.0, 6, 1000))
        # 12.5 at the mean x 40 ms = 0.5 processors, half used.
        self.assertEqual(payment.least, 2)

    def test_disks_keep_the_mean_of_all_days(self):
        # A GB a day for one order a second: 0.5 x 10 days.
        self.assertEqual(a_model(1, days_kept=10).server("mysql").disk_gb, 5)
        self.assertEqual(a_model(10, days_kept=10).server("mysql").disk_gb, 50)

    def test_carts_stay_in_memory_until_they_expire(self):
        # One further cart an order x 0.5 x 90 days of a GB, and half as much again.
        self.assertEqual(a_model(1).server("redis").memory_gb, 67.5)
        # At twice the rate it is 135 GB, all that a server has; at the peak that is four.
        self.assertAlmostEqual(limit(a_model(1), "memory of one server"), 4)

    def test_the_order_number_is_one_row(self):
        # 4 x 0.5 ms and two syncs of 1 ms: 250 a second, half used.
        self.assertAlmostEqual(limit(a_model(1), "the row of the order number"), 125)

    def test_syncs_are_shared_and_split_by_service(self):
        # 1000 syncs a second x 4 commits / (10 x 2), half used; payment changes three of four rows.
        self.assertAlmostEqual(limit(a_model(1), "syncs of one server"), 100)
        self.assertAlmostEqual(limit(a_model(1), "syncs of the server of payment"), 100 / 0.75)

    def test_the_hottest_product_is_one_document(self):
        # Two transactions of 6 x 0.5 + 2 ms = 100 orders a second, half used, and in a tenth of orders.
        self.assertAlmostEqual(limit(a_model(1), "stock of the best-selling product"), 500)

    def test_a_queue_has_a_limit(self):
        self.assertAlmostEqual(limit(a_model(1), "the queue of dispatch"), 500)

    def test_a_faster_machine_needs_less(self):
        costs, known = by_hand()
        known["machines"]["speed"] = 2.0
        self.assertEqual(Model(25, costs=costs, assumptions=known).workload("payment").most, 3)

    def test_what_is_exceeded_is_below_the_peak(self):
        self.assertEqual(exceeded(a_model(1)), [])
        self.assertEqual([one.what for one in exceeded(a_model(2.1))], ["memory of one server"])


class EveryRate(unittest.TestCase):
    def numbers(self, model):
        yield from (value for one in model.workloads() for value in (one.least, one.most, one.most * one.milli, one.memory))
        yield from (value for one in model.servers() for value in (one.processors, one.memory_gb, one.disk_gb))
        yield model.nodes()

    def test_more_orders_never_need_less(self):
        models = [Model(rate) for rate in RATES]
        for smaller, larger in zip(models, models[1:]):
            for less, more in zip(self.numbers(smaller), self.numbers(larger), strict=True):
                self.assertLessEqual(less, more)
            self.assertLessEqual(len(exceeded(smaller)), len(exceeded(larger)))

    def test_more_peak_or_days_never_need_less(self):
        for harder in (Model(10, peak_factor=5), Model(10, days_kept=3000)):
            for less, more in zip(self.numbers(Model(10)), self.numbers(harder), strict=True):
                self.assertLessEqual(less, more)

    def test_nothing_is_rounded_down(self):
        for model in map(Model, RATES):
            use, zones = model.headroom["utilisation"], model.headroom["zones"]
            for one in model.workloads():
                self.assertGreaterEqual(one.most * one.milli / 1000 * (zones - 1) / zones * use + 1e-3, one.processors)
                self.assertGreaterEqual(one.most, 2)
                self.assertGreaterEqual(one.most, one.least)
            for one in model.servers():
                self.assertGreaterEqual(one.processors * use + 1e-3, model.processors(one.name, model.peak))
            requested = sum(one.most * one.milli for one in model.workloads()) / 1000
            self.assertGreaterEqual(model.nodes() * model.machines["node_processors"] * model.machines["node_usable"] + 1e-3, requested)

    def test_rounding(self):
        self.assertEqual([up(1.0), up(1.01), up(101, 50), up(0.3, 0.25)], [1, 2, 150, 0.5])

    def test_limits_do_not_depend_on_the_rate(self):
        for one, other in zip(limits(Model(0.5)), limits(Model(800)), strict=True):
            self.assertEqual(one.what, other.what)
            self.assertAlmostEqual(one.rate, other.rate, delta=one.rate * 0.001)

    def test_impossible_questions_are_refused(self):
        for wrong in ({"rate": 0}, {"rate": 1, "peak_factor": 0.5}, {"rate": 1, "days_kept": 0}):
            with self.assertRaises(ValueError):
                Model(**wrong)


class Outputs(unittest.TestCase):
    def test_csv_and_json_have_every_part(self):
        for rate in RATES:
            rows = list(csv.DictReader(io.StringIO(capacity.as_csv(Model(rate)))))
            names = {row["name"] for row in rows}
            self.assertLessEqual({*SERVICES, *STORES, "nginx", "services"}, names)
            found = json.loads(json.dumps(capacity.describe(Model(rate)), default=str))
            self.assertEqual(len(found["limits"]), sum(row["kind"] == "limit" for row in rows))

    def test_values_say_what_is_not_enough(self):
        self.assertNotIn("BEYOND A LIMIT", capacity.values(Model(1)))
        self.assertIn("BEYOND A LIMIT", capacity.values(Model(1000)))

    def test_the_documents_are_current(self):
        for path, text in capacity.documents().items():
            self.assertEqual(path.read_text(), text, f"{path.name} is out of date; run deploy/capacity/capacity.py --docs")

    def test_the_charts_take_the_values(self):
        import check_charts
        sys.path.insert(0, str(check_charts.tools()))
        with tempfile.TemporaryDirectory() as folder:
            charts = check_charts.build(Path(folder) / "charts")
            for rate in (1, 10, 100, 1000):
                file = Path(folder) / f"{rate}.yaml"
                file.write_text(capacity.values(Model(rate)))
                objects = check_charts.render(charts, "shopstack", "1.34", [file])
                self.assertEqual(list(check_charts.validate(objects, "1.34")), [])
                for one in Model(rate).workloads():
                    scaler = next(found for found in objects if check_charts.identity(found) == ("HorizontalPodAutoscaler", one.name))
                    self.assertEqual(scaler["spec"]["maxReplicas"], one.most)


class Pricing(unittest.TestCase):
    def test_a_bill_adds_up(self):
        prices = pricing.load_prices()
        for name, rate in prices["sizes"].items():
            found = pricing.installation(name, rate, prices)
            self.assertAlmostEqual(found["total"], sum(found["items"].values()))
            self.assertGreater(min(found["items"].values()), 0)

    def test_a_price_is_used(self):
        prices, dearer = pricing.load_prices(), copy.deepcopy(pricing.load_prices())
        for name in prices["month"]:
            dearer["month"] = prices["month"] | {name: prices["month"][name] * 2}
            self.assertGreater(pricing.installation("x", 1, dearer)["total"], pricing.installation("x", 1, prices)["total"], name)

    def test_prices_are_examples_until_somebody_verifies_them(self):
        prices = pricing.load_prices()
        self.assertIn("examples that nobody has verified", pricing.table([], prices))
        self.assertIn("verified 2027-01-31", pricing.table([], prices | {"verified": "2027-01-31"}))


class Code(unittest.TestCase):
    """What assumptions.toml says of the shop is what its code says."""

    def number(self, path, pattern):
        found = re.search(pattern, (ROOT / path).read_text())
        self.assertIsNotNone(found, f"{path} no longer has {pattern}")
        return int(found.group(1))

    def test_the_figures_of_the_shop(self):
        shop = load("assumptions.toml")["shop"]
        self.assertEqual(shop["cart_days"], self.number("services/cart/src/store/redis/keys.rs", r"GUEST_CART_TTL: u64 = (\d+) \* 24"))
        self.assertEqual(shop["mysql_connections"], self.number("crates/chassis/src/mysql.rs", r'"DB_CONNECTIONS", default: "(\d+)"'))
        self.assertEqual(shop["mongodb_connections"], self.number("crates/chassis/src/mongo.rs", r"max_pool_size.get_or_insert\((\d+)\)"))
        self.assertEqual(shop["mysql_max_connections"], self.number("deploy/stores/mysql.cnf", r"max_connections = (\d+)"))

    def test_the_order_number_is_still_one_row(self):
        begin = (ROOT / "services/payment/src/store/mysql.rs").read_text().split("async fn begin_once")[1].split("async fn ")[0]
        after = begin.split('next_number(&mut work, "order")')[1].split("Ok(BeginOutcome::New")[0]
        statements = len(re.findall(r"(?:find_by_cart|insert_payment|insert_key)\(", after)) + after.count("work.commit()")
        self.assertEqual(load("assumptions.toml")["shop"]["order_number_round_trips"], statements)

    def test_the_measured_services_are_those_of_the_model(self):
        costs = load("costs.toml")
        for kind, found in costs["processor_ms"].items():
            self.assertEqual(set(found), {*SERVICES, *STORES, "nginx"}, kind)
        for name in ("commit", "build", "date", "orders"):
            self.assertTrue(costs["source"][name])


if __name__ == "__main__":
    unittest.main()
