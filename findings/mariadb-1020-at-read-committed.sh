#!/bin/sh
# MariaDB 11.8 rolls back a transaction that waited for a row, also at READ COMMITTED.
#
# One expects: at READ COMMITTED a statement that waits for a locked row goes on with what was committed meanwhile, and code that
# runs a transaction again after a deadlock (1213) and a lock wait timeout (1205, SQLSTATE 40001) is prepared for conflicts.
# What happens: innodb_snapshot_isolation is on by default since 11.6.2. A statement with a subselect reads first and then
# waits; if the row was changed meanwhile, it fails with error 1020 ("Record has changed since last read"), and the whole transaction is
# rolled back. Without a subselect it goes on as before.
# Why a shop is hurt: after an upgrade from 10.11, orders fail with an error that no retry knows, under load only; and code that
# catches the error of one statement goes on in a transaction that has lost its first statements. Run the transaction again
# after 1020 as well.
#
# Versions: mariadb-server 11.8 of Debian trixie, PyMySQL 1.1.1 (PyPI). Needs root, for a mount namespace. Takes a minute.
# Source: observed here; https://mariadb.com/docs/server/server-usage/storage-engines/innodb/innodb-system-variables
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
env/bin/pip install --quiet pymysql==1.1.1
command -v mmdebstrap > /dev/null || apt-get install -y -qq --no-install-recommends mmdebstrap
mirror=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' 'Origin: Debian' | head -n 1)
mmdebstrap --quiet --variant=extract --include=dash,bash,coreutils,sed,grep,gawk,hostname,findutils,mariadb-server \
  trixie root "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror trixie main"
# The server sees the unpacked /usr, and nothing is installed.
cat > inside <<'END'
#!/bin/sh
exec unshare --mount sh -c 'mount --bind "$0/usr" /usr && export LC_ALL=C && exec "$@"' "$(dirname "$0")/root" "$@"
END
chmod +x inside
"$folder/inside" mariadbd --version
"$folder/inside" mariadb-install-db --no-defaults --datadir="$folder/data" --auth-root-authentication-method=normal --user=root > install.log
"$folder/inside" mariadbd --no-defaults --datadir="$folder/data" --skip-networking --socket="$folder/sock" --user=root > log 2>&1 &
server=$!

cat > conflict.py <<'END'
import sys, threading, time
import pymysql

def connect(**more):
    return pymysql.connect(unix_socket=sys.argv[1], user="root", **more)

for _ in range(100):
    try:
        admin = connect(autocommit=True)
        break
    except pymysql.err.OperationalError:
        time.sleep(0.2)
run = admin.cursor().execute
run("CREATE DATABASE shop")
run("CREATE TABLE shop.stock (id INT PRIMARY KEY, units INT) ENGINE=InnoDB")
run("CREATE TABLE shop.history (note INT) ENGINE=InnoDB")
run("INSERT INTO shop.stock VALUES (1, 0), (2, 10)")

def second(statement, snapshot, outcome):
    connection = connect(database="shop")
    cursor = connection.cursor()
    cursor.execute("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED")
    cursor.execute(f"SET SESSION innodb_snapshot_isolation = {snapshot}")
    cursor.execute("INSERT INTO history VALUES (1)")
    try:
        cursor.execute(statement)
        outcome["error"] = None
    except pymysql.err.MySQLError as error:
        outcome["error"] = error.args[0]
    cursor.execute("SELECT count(*) FROM history")
    outcome["kept"] = cursor.fetchone()[0]
    connection.rollback()

def conflict(name, statement, snapshot):
    """A transaction waits for a row that another one has changed and then commits."""
    first, outcome = connect(database="shop"), {}
    first.cursor().execute("UPDATE stock SET units = units + 1 WHERE id = 1")
    waiter = threading.Thread(target=second, args=(statement, snapshot, outcome))
    waiter.start()
    while not admin.cursor().execute("SELECT 1 FROM information_schema.processlist WHERE info = %s", (statement,)):
        time.sleep(0.1)
    # The statement has begun; now it comes to its lock.
    time.sleep(1)
    first.commit()
    waiter.join()
    print(f"{name}, snapshot isolation {snapshot}: error {outcome['error']}, earlier statements kept: {outcome['kept']}")
    return outcome["error"], outcome["kept"]

plain = "UPDATE stock SET units = units + 1 WHERE id = 1"
subselect = "UPDATE stock SET units = units + (SELECT units FROM (SELECT units FROM stock WHERE id = 2) AS other) WHERE id = 1"
looking = admin.cursor()
looking.execute("SELECT @@global.innodb_snapshot_isolation")
default = looking.fetchone()[0]
print("default of innodb_snapshot_isolation:", default)
found = [conflict("without subselect", plain, "ON"), conflict("with subselect", subselect, "ON"), conflict("with subselect", subselect, "OFF")]
sys.exit(not (default == 1 and found == [(None, 1), (1020, 0), (None, 1)]))
END
if env/bin/python conflict.py "$folder/sock"; then
  echo "as described: the transaction is rolled back"
else
  echo "CHANGED"
  exit 1
fi
