"""What the stores of services.py tell about themselves: counters, sizes and connections, as numbers."""
import json
import os
import socket
import struct
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "local"))

import services

RABBITMQ_CONTROL = "/usr/lib/rabbitmq/bin/rabbitmqctl"
MYSQL_COUNTERS = ("Innodb_data_fsyncs", "Com_commit", "Com_select", "Com_insert", "Com_update",
                  "Com_delete", "Com_stmt_execute")


def state():
    return json.loads(services.STATE.read_text())


def sql(statement):
    """The rows of a statement, by the server's socket as root."""
    client = services.found("mariadb") or services.found("mysql")
    done = services.run(client, "--no-defaults", f"--socket={state()['folder']}/mariadb.sock", "--user=root", "--batch",
                        "--skip-column-names", "--execute", statement)
    return [line.split("\t") for line in done.splitlines()]


def decode(body, place=0):
    """A BSON document as a dictionary, and where it ends. Only numbers, texts, dates and documents are kept."""
    end, place, found = place + struct.unpack_from("<i", body, place)[0], place + 4, {}
    sizes = {0x01: ("<d", 8), 0x10: ("<i", 4), 0x12: ("<q", 8), 0x09: ("<q", 8), 0x11: ("<Q", 8), 0x08: ("<?", 1)}
    while body[place] != 0:
        kind, stop = body[place], body.index(b"\0", place + 1)
        name, place = body[place + 1:stop].decode(), stop + 1
        if kind in sizes:
            form, size = sizes[kind]
            found[name], place = struct.unpack_from(form, body, place)[0], place + size
        elif kind == 0x02:
            size = struct.unpack_from("<i", body, place)[0]
            found[name], place = body[place + 4:place + 3 + size].decode(), place + 4 + size
        elif kind in (0x03, 0x04):
            found[name], place = decode(body, place)
        elif kind == 0x05:
            place += 5 + struct.unpack_from("<i", body, place)[0]
        elif kind == 0x07:
            place += 12
        elif kind != 0x0A:
            raise ValueError(f"BSON type {kind:#x} of {name}")
    return found, end


def mongo(command, database="admin"):
    """The response to one command."""
    message = struct.pack("<iii", 0, 0, 2013) + struct.pack("<i", 0) + b"\0" + services.bson({**command, "$db": database})
    with socket.create_connection(("127.0.0.1", services.port_of("mongodb")), timeout=20) as connection:
        connection.sendall(struct.pack("<i", len(message) + 4) + message)
        length = struct.unpack("<i", connection.recv(4, socket.MSG_WAITALL))[0]
        answer = connection.recv(length - 4, socket.MSG_WAITALL)
    # After the header of 12 bytes: four of flags, one of the section's kind.
    return decode(answer, 17)[0]


def redis():
    """The numbers of INFO."""
    with socket.create_connection(("127.0.0.1", services.port_of("redis")), timeout=20) as connection:
        connection.sendall(b"*1\r\n$4\r\nINFO\r\n")
        file = connection.makefile("rb")
        text = file.read(int(file.readline()[1:])).decode()
    pairs = (line.split(":", 1) for line in text.splitlines() if ":" in line)
    return {name: float(value) for name, value in pairs if value.replace(".", "", 1).isdigit()}


def rabbitmq(expression):
    """The result of an Erlang expression in the broker, as text."""
    known = state()["processes"]["rabbitmq"]
    done = subprocess.run([RABBITMQ_CONTROL, "eval", expression], env=dict(os.environ, **known["env"]), cwd=known["cwd"],
                          capture_output=True, text=True, check=True)
    return done.stdout.strip()


def messages():
    """Messages that the broker took from publishers and those that it handed to consumers, since its start."""
    total = "lists:sum([maps:get({}, V, 0) || V <- maps:values(rabbit_global_counters:overview())])."
    taken = rabbitmq(total.format("messages_received_total"))
    # Each message is acknowledged once by each queue that it was routed to.
    handed = rabbitmq(total.format("messages_acknowledged_total"))
    return {"published": float(taken), "delivered": float(handed)}


def counters():
    """Everything that grows with orders, by a name of its own."""
    for schema, table in sql("SELECT table_schema, table_name FROM information_schema.tables WHERE table_schema LIKE 'shop\\_%'"):
        sql(f"ANALYZE TABLE `{schema}`.`{table}`")
    found = {f"mysql.{name}": float(value) for name, value in sql("SHOW GLOBAL STATUS") if name in MYSQL_COUNTERS}
    sizes = "SELECT table_schema, SUM(data_length + index_length) FROM information_schema.tables WHERE table_schema LIKE 'shop\\_%' GROUP BY 1"
    found |= {f"mysql.bytes.{schema.rsplit('_', 1)[1]}": float(size) for schema, size in sql(sizes)}
    changed = "SELECT table_schema, SUM(rows_changed) FROM information_schema.table_statistics WHERE table_schema LIKE 'shop\\_%' GROUP BY 1"
    found |= {f"mysql.rows.{schema.rsplit('_', 1)[1]}": float(rows) for schema, rows in sql(changed)}
    status = mongo({"serverStatus": 1})
    found["mongodb.transactions"] = float(status["transactions"]["totalCommitted"])
    found["mongodb.syncs"] = float(status["wiredTiger"]["log"]["log sync operations"])
    for name in ("insert", "update", "delete", "query", "getmore", "command"):
        found[f"mongodb.{name}"] = float(status["opcounters"][name])
    for one in mongo({"listDatabases": 1})["databases"].values():
        if one["name"].startswith("shop_"):
            size = mongo({"dbStats": 1}, one["name"])
            found[f"mongodb.bytes.{one['name'].rsplit('_', 1)[1]}"] = float(size["dataSize"] + size["indexSize"])
    told = redis()
    found |= {"redis.commands": told["total_commands_processed"], "redis.bytes": told["used_memory"]}
    return found | {f"rabbitmq.{name}": value for name, value in messages().items()}


def connections():
    """Open connections of the shop's services at each store."""
    return {
        "mysql": float(sql("SELECT COUNT(*) FROM information_schema.processlist WHERE user = 'shopstack'")[0][0]),
        "mongodb": float(mongo({"serverStatus": 1})["connections"]["current"]),
        "redis": redis()["connected_clients"],
        "rabbitmq": float(rabbitmq("length(rabbit_networking:connections()).")),
        "rabbitmq_queues": float(rabbitmq("length(rabbit_amqqueue:list()).")),
        "rabbitmq_channels": float(rabbitmq("length(rabbit_channel:list()).")),
    }
