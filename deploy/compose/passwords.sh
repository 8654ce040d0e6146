#!/bin/sh
# Writes .env beside docker-compose.yaml with a separate password for each server, unless it exists.
#
#   deploy/compose/passwords.sh           for your own shop, which starts empty
#   deploy/compose/passwords.sh --demo    for a demonstration, filled at the first start, with sandbox payments
#   deploy/compose/passwords.sh --print   writes to standard output instead
#
# The servers store their passwords in their volumes at the first start, so keep .env as long as the volumes.
set -eu
cd "$(dirname "$0")/../.."

random() { od -An -N 24 -t x1 /dev/urandom | tr -d ' \n'; }

passwords() {
  for name in MONGO_ROOT_PASSWORD MONGO_PASSWORD REDIS_PASSWORD DB_ROOT_PASSWORD DB_PASSWORD AMQP_PASSWORD; do
    echo "$name=$(random)"
  done
  if [ "$1" = demo ]; then
    echo DEMO=1
    echo COMPOSE_PROFILES=demo
  fi
}

case "${1:-}" in
  --print) passwords "${2:-}"; exit ;;
  --demo) kind=demo ;;
  '') kind=shop ;;
  *) sed -n '2,8s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
esac
if [ -e .env ]; then
  echo ".env is there already and stays as it is." >&2
  exit 1
fi
umask 077
passwords "$kind" > .env
echo "The passwords are in .env. Now: docker compose up -d"
