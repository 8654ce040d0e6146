#!/bin/sh
# Adds what is missing to .env beside docker-compose.yaml: a password for each service and each server. What .env has stays.
#
#   deploy/compose/passwords.sh           for your own shop, which starts empty
#   deploy/compose/passwords.sh --demo    for a demonstration, filled at the first start, with sandbox payments
#   deploy/compose/passwords.sh --print   writes all of it to standard output instead
#
# The servers store their passwords in their volumes at the first start, so keep .env as long as the volumes.
set -eu
cd "$(dirname "$0")/../.."

random() { od -An -N 24 -t x1 /dev/urandom | tr -d ' \n'; }

settings() {
  for name in USER CATALOGUE CART PAYMENT SHIPPING RATINGS DISPATCH OPERATOR MONGO_ROOT DB_ROOT GRAFANA; do
    echo "${name}_PASSWORD=$(random)"
  done
  if [ "$1" = demo ]; then
    echo DEMO=1
    echo COMPOSE_PROFILES=demo
  fi
}

case "${1:-}" in
  --print) settings "${2:-}"; exit ;;
  --demo) kind=demo ;;
  '') kind=shop ;;
  *) sed -n '2,8s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
esac
umask 077
touch .env
# Others on this machine could read a copy of .env.example.
chmod 600 .env
added=0
# A last line without its end would run into the first addition.
[ -z "$(tail -c 1 .env)" ] || echo >> .env
for line in $(settings "$kind"); do
  # A name without a value counts as missing.
  if ! grep -q "^${line%%=*}=." .env; then
    echo "$line" >> .env
    added=$((added + 1))
  fi
done
echo "Settings added to .env: $added. Now: docker compose up -d"
