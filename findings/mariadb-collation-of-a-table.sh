#!/bin/sh
# A table of MariaDB 11.8 does not take the collation of its database as soon as it names its character set.
#
# One expects: in a database made with a collation, CREATE TABLE … CHARACTER SET utf8mb4 makes texts that compare with those of its
# other tables; the database has that character set already.
# What happens: a named character set brings its own default collation, which is utf8mb4_uca1400_ai_ci since 11.5, and was
# utf8mb4_general_ci before. Comparisons with older tables fail with 1267 (illegal mix of collations), foreign keys with 150.
# Why a shop is hurt: the migrations of a shop worked on 10.11 for years. After an upgrade, or a restore on a newer server, the next new
# table cannot be joined with the old ones; the migration or the first query fails. Name the collation in each CREATE TABLE.
#
# Versions: mariadb-server 11.8 of Debian trixie, PyMySQL 1.1.1 (PyPI). Needs root, for a mount namespace. Takes a minute.
# Source: observed here; https://mariadb.com/docs/server/reference/data-types/string-data-types/character-sets
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

cat > tables.py <<'END'
import sys, time
import pymysql

for _ in range(100):
    try:
        cursor = pymysql.connect(unix_socket=sys.argv[1], user="root").cursor()
        break
    except pymysql.err.OperationalError:
        time.sleep(0.2)

def tried(statement):
    try:
        cursor.execute(statement)
        return None
    except pymysql.err.MySQLError as error:
        return error.args

cursor.execute("CREATE DATABASE shop CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci")
cursor.execute("USE shop")
cursor.execute("CREATE TABLE products (sku VARCHAR(40) PRIMARY KEY) ENGINE=InnoDB COLLATE utf8mb4_general_ci")
cursor.execute("CREATE TABLE inherits (sku VARCHAR(40) PRIMARY KEY) ENGINE=InnoDB")
cursor.execute("CREATE TABLE names_its_charset (sku VARCHAR(40) PRIMARY KEY) ENGINE=InnoDB CHARACTER SET utf8mb4")
cursor.execute("SELECT table_name, collation_name FROM information_schema.columns WHERE table_schema = 'shop'")
collations = dict(cursor.fetchall())
print(collations)
join = tried("SELECT 1 FROM products JOIN names_its_charset ON products.sku = names_its_charset.sku")
key = tried("ALTER TABLE names_its_charset ADD FOREIGN KEY (sku) REFERENCES products (sku)")
print("a join:", join)
print("a foreign key:", key)
same = collations["inherits"] == collations["products"] == "utf8mb4_general_ci"
sys.exit(not (same and "uca1400" in collations["names_its_charset"] and join[0] == 1267 and key[0] == 1005 and "150" in key[1]))
END
if env/bin/python tables.py "$folder/sock"; then
  echo "as described: the table has another collation than its database"
else
  echo "CHANGED"
  exit 1
fi
