#!/bin/bash
# The users of a new server: each service may make and use its own database and no other, and only over TLS; `operator` may use
# all of them. The image runs this once, with the passwords in the environment, which are hexadecimal.
set -euo pipefail

add() {
  local user=$1 password=$2 databases=$3
  printf "CREATE USER '%s'@'%%' IDENTIFIED BY '%s' REQUIRE SSL; GRANT ALL ON \`%s\`.* TO '%s'@'%%';\n" "$user" "$password" "$databases" "$user"
}

{
  add payment "$PAYMENT_PASSWORD" 'shopstack\_payment'
  add shipping "$SHIPPING_PASSWORD" 'shopstack\_shipping'
  add ratings "$RATINGS_PASSWORD" 'shopstack\_ratings'
  add dispatch "$DISPATCH_PASSWORD" 'shopstack\_dispatch'
  add operator "$OPERATOR_PASSWORD" 'shopstack\_%'
} | MYSQL_PWD="$MYSQL_ROOT_PASSWORD" mysql --protocol=socket --user=root
