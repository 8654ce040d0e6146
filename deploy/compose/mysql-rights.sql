-- The user of ShopStack's services may make and use their databases and no others, and only over TLS.
GRANT ALL ON `shopstack\_%`.* TO 'shopstack'@'%';
ALTER USER 'shopstack'@'%' REQUIRE SSL;
