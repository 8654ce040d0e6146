#!/usr/bin/env bash
# Starts MariaDB like the official MySQL image, as far as ShopStack's compose file needs: a new server gets its passwords and
# runs the scripts of /docker-entrypoint-initdb.d before it listens. It creates a certificate, as MySQL does.
set -euo pipefail
data=/var/lib/mysql socket=/run/mysqld/mysqld.sock

if [ "$1" != mysqld ]; then exec "$@"; fi

if [ ! -d "$data/mysql" ]; then
  : "${MYSQL_ROOT_PASSWORD:?}"
  openssl req -x509 -newkey rsa:2048 -nodes -days 365 -subj "/CN=stand-in" -keyout "$data/server-key.pem" -out "$data/server-cert.pem" 2> /dev/null
  mariadb-install-db --datadir="$data" --auth-root-authentication-method=normal --skip-test-db > /dev/null
  "$@" --skip-networking &
  server=$!
  until mysqladmin --socket="$socket" ping > /dev/null 2>&1; do
    kill -0 "$server"
    sleep 0.2
  done
  root=(mysql --socket="$socket" --user=root)
  echo "DELETE FROM mysql.global_priv WHERE User = ''; FLUSH PRIVILEGES;
    ALTER USER root@localhost IDENTIFIED BY '$MYSQL_ROOT_PASSWORD';" | "${root[@]}"
  for file in /docker-entrypoint-initdb.d/*.sh; do
    "$file"
  done
  MYSQL_PWD="$MYSQL_ROOT_PASSWORD" mysqladmin --socket="$socket" --user=root shutdown
  wait "$server"
fi
exec "$@"
