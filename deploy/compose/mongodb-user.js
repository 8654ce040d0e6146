// The user of ShopStack's services on a new server: it may use their databases and no others.
db.getSiblingDB("admin").createUser({
  user: "shopstack",
  pwd: process.env.MONGO_PASSWORD,
  roles: ["shopstack_user", "shopstack_catalogue"].map((name) => ({ role: "readWrite", db: name })),
});
