"""At which rate of orders each part of a shop stops, whatever else is bought, and what is beyond it."""
from dataclasses import replace

from model import ON_MYSQL, Limit, Model

NOT_SUPPORTED = "not supported by the shop today"
UNLIMITED = 1e6


def rate_of(need, available):
    """The rate whose need is what is available."""
    return available / need if need > 0 else UNLIMITED


def by_processors(model, store, share=1.0):
    available = model.machines["store_processors"] * model.headroom["utilisation"]
    return rate_of(model.milliseconds(store) * share / 1000, available)


def largest_share(model):
    """The service that changes most rows of MySQL, and its share of all."""
    rows = {name: model.costs["per_order"].get(f"mysql.rows.{name}", 0.0) for name in ON_MYSQL}
    name = max(rows, key=rows.get)
    return name, rows[name] / sum(rows.values())


def commits(model, share=1.0):
    syncs = model.costs["per_order"]["mysql.Innodb_data_fsyncs"] * model.machines["syncs_per_commit"] * share
    available = 1000 / model.machines["sync_ms"] * model.machines["commits_per_sync"] * model.headroom["utilisation"]
    return rate_of(syncs, available)


def order_number(model):
    machine = model.machines
    held = model.shop["order_number_round_trips"] * machine["round_trip_ms"] + machine["syncs_per_commit"] * machine["sync_ms"]
    return 1000 / held * model.headroom["utilisation"], held


def hottest_product(model):
    # The lock is held for the whole transaction, whose commit waits for the journals of two members, one after the other.
    one = model.shop["stock_round_trips"] * model.machines["round_trip_ms"] + 2 * model.machines["sync_ms"]
    order = one * model.shop["stock_transactions"]
    return 1000 / order * model.headroom["utilisation"] / model.traffic["hottest_product"], order


def connection_limit(model):
    """The highest rate at which the replicas on MySQL stay below the chart's max_connections, by bisection."""
    # A tenth is left for backups, staff and a rolling update.
    most = model.shop["mysql_max_connections"] * 0.9 / model.shop["mysql_connections"]
    inputs = {"traffic": model.traffic, "headroom": model.headroom, "machines": model.machines, "shop": model.shop}
    low, high = 0.0, UNLIMITED
    for _ in range(60):
        middle = (low + high) / 2
        fits = Model(middle, 1.0, 1, model.costs, inputs).replicas(ON_MYSQL) <= most
        low, high = (middle, high) if fits else (low, middle)
    return low


def redis_memory(model):
    per_rate = model.cart_memory_gb() * 1.5 / model.peak
    return rate_of(per_rate, model.machines["store_memory_gb"])


def queue(model):
    # Nearly every message goes to the queue of dispatch.
    return rate_of(model.costs["per_order"]["rabbitmq.delivered"], model.machines["queue_messages_per_second"] * model.headroom["utilisation"])


def limits(model):
    """All limits, the lowest first."""
    service, share = largest_share(model)
    number, held = order_number(model)
    product, sale = hottest_product(model)
    machine, use = model.machines, model.headroom["utilisation"]
    cores, syncs = machine["store_processors"], model.costs["per_order"]["mysql.Innodb_data_fsyncs"] * machine["syncs_per_commit"]
    found = [
        Limit("MySQL", "connections of the chart", connection_limit(model),
              f"replicas on MySQL x {model.shop['mysql_connections']} <= 90 % of {model.shop['mysql_max_connections']}",
              "a MySQL outside of the chart with more `max_connections`, or a server for each service", True),
        Limit("MySQL", "processors of one server", by_processors(model, "mysql"),
              f"{model.milliseconds('mysql'):.1f} ms an order, {cores} processors, {use:.0%} used",
              "a server for each service (`DB_HOST` of its settings)", True),
        Limit("MySQL", "syncs of one server", commits(model),
              f"{syncs:.0f} syncs an order, {machine['commits_per_sync']} commits share one of {machine['sync_ms']} ms",
              "a server for each service (`DB_HOST` of its settings)", True),
        Limit("MySQL", f"processors of the server of {service}", by_processors(model, "mysql", share),
              f"{share:.0%} of all changed rows are of {service}", f"shards or Vitess: {NOT_SUPPORTED}", False),
        Limit("MySQL", f"syncs of the server of {service}", commits(model, share),
              f"{share:.0%} of all changed rows are of {service}", f"shards or Vitess: {NOT_SUPPORTED}", False),
        Limit("MySQL", "the row of the order number", number,
              f"locked for {held:.1f} ms an order: {model.shop['order_number_round_trips']} round trips and {machine['syncs_per_commit']} syncs",
              f"a faster disk and network; numbers from several rows: {NOT_SUPPORTED}", False),
        Limit("MongoDB", "processors of the primary", by_processors(model, "mongodb"),
              f"{model.milliseconds('mongodb'):.1f} ms an order, {cores} processors, {use:.0%} used",
              f"a replica set for each of user and catalogue (`MONGO_URL`); then shards: {NOT_SUPPORTED}", True),
        Limit("MongoDB", "stock of the best-selling product", product,
              f"its document is locked for {sale:.1f} ms an order, and it is in {model.traffic['hottest_product']:.0%} of orders",
              "several SKUs for the same product", True),
        Limit("Redis", "its one thread", rate_of(model.milliseconds("redis") / 1000, use),
              f"{model.milliseconds('redis'):.2f} ms an order, one processor, {use:.0%} used",
              f"a Redis for each of cart and user (`REDIS_HOST`); then Redis Cluster: {NOT_SUPPORTED}", True),
        Limit("Redis", "memory of one server", redis_memory(model),
              f"{model.traffic['carts']} carts an order for {model.shop['cart_days']} days, {machine['store_memory_gb']} GB",
              f"Redis Cluster, or a shorter life of carts: {NOT_SUPPORTED}", False),
        Limit("RabbitMQ", "the queue of dispatch", queue(model),
              f"{model.costs['per_order']['rabbitmq.delivered']:.1f} messages an order, {machine['queue_messages_per_second']} a second in one quorum queue",
              f"several queues of dispatch: {NOT_SUPPORTED}", False),
    ]
    return sorted((replace(one, rate=min(one.rate, UNLIMITED)) for one in found), key=lambda one: one.rate)


def exceeded(model):
    return [limit for limit in limits(model) if limit.rate < model.peak]
