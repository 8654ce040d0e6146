#!/bin/bash
# Starts RabbitMQ with a user for each service. The passwords come by the environment, and are hexadecimal.
#
#   rabbitmq.sh FOLDER     the folder for the definitions, which may be in memory: /run/rabbitmq, where rabbitmq.conf expects them
set -euo pipefail
umask 077
definitions="$1/definitions.json"

user() { printf '{"name":"%s","password":"%s","tags":"%s"}' "$1" "$2" "$3"; }
# Every service declares the exchange and all queues, so that the order of their starts does not matter.
permission() { printf '{"user":"%s","vhost":"/","configure":"^shopstack","write":"^shopstack","read":"^shopstack"}' "$1"; }

services=(catalogue cart payment shipping ratings dispatch)
users=$(user operator "$OPERATOR_PASSWORD" monitoring)
permissions='{"user":"operator","vhost":"/","configure":".*","write":".*","read":".*"}'
for name in "${services[@]}"; do
  password="${name^^}_PASSWORD"
  users+=",$(user "$name" "${!password}" "")"
  permissions+=",$(permission "$name")"
done
printf '{"vhosts":[{"name":"/"}],"users":[%s],"permissions":[%s]}\n' "$users" "$permissions" > "$definitions"

# Members of a cluster share it. The variable alone is deprecated.
if [ -n "${RABBITMQ_ERLANG_COOKIE:-}" ]; then
  rm -f "$HOME/.erlang.cookie"
  printf %s "$RABBITMQ_ERLANG_COOKIE" > "$HOME/.erlang.cookie"
  chmod 400 "$HOME/.erlang.cookie"
fi

exec "${ENTRYPOINT:-docker-entrypoint.sh}" rabbitmq-server
