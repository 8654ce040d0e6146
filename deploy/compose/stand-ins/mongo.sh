#!/usr/bin/env bash
# Starts MongoDB like the official image, as far as ShopStack's compose file needs: a new server gets its root user and runs
# the scripts of /docker-entrypoint-initdb.d before it requires passwords and listens on the network.
set -euo pipefail

if [ "$1" != mongod ]; then exec "$@"; fi

if [ -n "${MONGO_INITDB_ROOT_USERNAME:-}" ] && [ ! -e /data/db/WiredTiger ]; then
  mongod --bind_ip 127.0.0.1 --dbpath /data/db --logpath /tmp/first.log --pidfilepath /tmp/mongod.pid --fork > /dev/null
  mongosh --quiet --host 127.0.0.1 admin --eval '
    const name = process.env.MONGO_INITDB_ROOT_USERNAME, password = process.env.MONGO_INITDB_ROOT_PASSWORD;
    db.createUser({ user: name, pwd: password, roles: [{ role: "root", db: "admin" }] });'
  for file in /docker-entrypoint-initdb.d/*.js; do
    mongosh --quiet --host 127.0.0.1 "${MONGO_INITDB_DATABASE:-test}" "$file"
  done
  mongod --dbpath /data/db --shutdown > /dev/null
fi
unset "${!MONGO_INITDB_@}"
exec "$@" --dbpath /data/db
