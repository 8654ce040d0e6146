// The users of ShopStack: each service may use its own database and no other, `operator` both, and it may read the settings of the
// server, which `shopstack doctor` checks. The passwords come by the environment, so that no list of processes shows them. Users that
// exist get the passwords of the environment.
const admin = db.getSiblingDB("admin");
// The official image runs this before a new server requires passwords; elsewhere the root user is logged in.
if (process.env.MONGO_ROOT_PASSWORD) admin.auth("root", process.env.MONGO_ROOT_PASSWORD);

function user(name, password, databases, more = []) {
  const roles = [...databases.map((one) => ({ role: "readWrite", db: `shopstack_${one}` })), ...more];
  if (admin.getUser(name)) admin.updateUser(name, { pwd: password, roles });
  else admin.createUser({ user: name, pwd: password, roles });
}

user("user", process.env.USER_PASSWORD, ["user"]);
user("catalogue", process.env.CATALOGUE_PASSWORD, ["catalogue"]);
user("operator", process.env.OPERATOR_PASSWORD, ["user", "catalogue"], [{ role: "clusterMonitor", db: "admin" }]);
