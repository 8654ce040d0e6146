// Initiates the replica set of the hosts in MONGODB_HOSTS, unless it exists, and waits until it can be written to. Run on one
// of its members. With MONGO_ROOT_PASSWORD a new set gets its root user.
const admin = db.getSiblingDB("admin");
const password = process.env.MONGO_ROOT_PASSWORD;

function logIn() {
  try {
    return admin.auth("root", password).ok === 1;
  } catch {
    // A new server has no users yet, and accepts the first one from its own host.
    return false;
  }
}

function isInitiated() {
  try {
    rs.status();
    return true;
  } catch (error) {
    if (error.codeName === "NotYetInitialized") return false;
    throw error;
  }
}

function awaitPrimary(condition, what) {
  const until = Date.now() + 120000;
  while (!condition(admin.hello())) {
    if (Date.now() > until) throw new Error(`after two minutes: ${what}`);
    sleep(200);
  }
}

const loggedIn = logIn();
if (!loggedIn || !isInitiated()) {
  const hosts = process.env.MONGODB_HOSTS.split(",");
  const known = admin.hello().setName !== undefined;
  if (!known) rs.initiate({ _id: "rs0", members: hosts.map((host, _id) => ({ _id, host })) });
}
awaitPrimary((state) => state.primary !== undefined, "the replica set has no primary");
if (!logIn()) {
  awaitPrimary((state) => state.isWritablePrimary, "this member is not the primary, which alone accepts the first user");
  admin.createUser({ user: "root", pwd: password, roles: [{ role: "root", db: "admin" }] });
  admin.auth("root", password);
}
print(loggedIn ? "The replica set exists." : "The replica set was created.");
