#!/bin/sh
# Starts Redis with a user for each service, who may use its own keys and no others. The passwords come by the environment.
# Every acknowledged write is synced, and nothing is evicted when memory runs short.
#
#   redis.sh FOLDER MEMORY     the folder for the list of users, which may be in memory; the memory, such as 192mb
set -eu
umask 077
users="$1/users.acl"

hash() { printf %s "$1" | sha256sum | cut -d ' ' -f 1; }

{
  echo "user default off"
  echo "user user on #$(hash "$USER_PASSWORD") ~shopstack:user:* +@all -@admin -@dangerous +info"
  echo "user cart on #$(hash "$CART_PASSWORD") ~shopstack:cart:* +@all -@admin -@dangerous +info"
  # `doctor` reads the configuration.
  echo "user operator on #$(hash "$OPERATOR_PASSWORD") ~shopstack:* &* +@all -@admin +config|get"
  # Probes: an answer, and nothing else.
  echo "user probe on nopass -@all +ping"
} > "$users"

exec redis-server --dir /data --aclfile "$users" --save "" --appendonly yes --appendfsync always \
  --maxmemory "$2" --maxmemory-policy noeviction
