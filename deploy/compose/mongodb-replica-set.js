// Makes the server a replica set of one, unless it is, and waits until it can be written to.
// The password comes by the environment, so that no list of processes shows it.
const admin = db.getSiblingDB("admin");
admin.auth("root", process.env.MONGO_ROOT_PASSWORD);

let known = true;
try {
  rs.status();
} catch (error) {
  if (error.codeName !== "NotYetInitialized") throw error;
  known = false;
}
if (!known) rs.initiate({ _id: "rs0", members: [{ _id: 0, host: "mongodb:27017" }] });

const until = Date.now() + 60000;
while (!admin.hello().isWritablePrimary) {
  if (Date.now() > until) throw new Error("the replica set has no primary after a minute");
  sleep(200);
}
print(known ? "The replica set is there." : "The replica set has been made.");
