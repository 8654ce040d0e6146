"""The Argo CD applications: what each one names exists, is allowed by the project, and is what check_charts.py rendered."""
from pathlib import Path

import check_charts
from chart_rules import of_kind

ROOT = Path(__file__).resolve().parents[2]
ARGOCD = ROOT / "deploy/argocd"


def documents(path):
    import yaml
    return [one for one in yaml.safe_load_all(path.read_text()) if one]


def applications(charts, root):
    """The applications that a root application creates."""
    source = root["spec"]["source"]
    words = [f"environment=\"{source['helm']['valuesObject']['environment']}\""]
    return check_charts.render(charts, ROOT / source["path"], check_charts.VERSIONS[-1], sets=words)


def check(charts, rendered):
    project = documents(ARGOCD / "project.yaml")[0]
    yield from check_charts.validate([project], check_charts.VERSIONS[-1])
    for environment in ("staging", "preprod"):
        root = documents(ARGOCD / f"{environment}.yaml")[0]
        children = applications(charts, root)
        yield from check_charts.validate([root, *children], check_charts.VERSIONS[-1])
        yield from (f"{environment}: {fault}" for fault in check_children(charts, environment, root, children, project, rendered[environment]))


def check_children(charts, environment, root, children, project, expected):
    names = {child["metadata"]["name"] for child in children}
    wanted = set(check_charts.APPLICATIONS) - {"shopstack"}
    if names != wanted:
        yield f"the applications differ from the charts: {sorted(names ^ wanted)}"
    objects = []
    for child in children:
        source, folder = child["spec"]["source"], ROOT / child["spec"]["source"]["path"]
        if source["targetRevision"] != root["spec"]["source"]["targetRevision"]:
            yield f"{child['metadata']['name']} follows another branch than the application that creates it"
        files = [path for path in ((folder / name).resolve() for name in source["helm"]["valueFiles"]) if path.exists()]
        if ROOT / f"deploy/environments/{environment}/shop.yaml" not in files:
            yield f"{child['metadata']['name']} lacks the common values"
        objects += check_charts.render(charts, folder.name, check_charts.VERSIONS[-1], files)
        yield from check_project(child, project)
    if {check_charts.identity(one) for one in objects} != {check_charts.identity(one) for one in expected}:
        yield "the applications install other objects than were checked"
    allowed = {(kind["group"], kind["kind"]) for kind in project["spec"]["namespaceResourceWhitelist"] + project["spec"]["clusterResourceWhitelist"]}
    found = {(one["apiVersion"].rpartition("/")[0], one["kind"]) for one in objects + children}
    yield from (f"the project does not allow {kind} of {group or 'the core'}" for group, kind in sorted(found - allowed))
    if of_kind(objects, "Secret"):
        yield "a secret is in the repository"


def check_project(child, project):
    spec = child["spec"]
    if spec["project"] != project["metadata"]["name"] or spec["source"]["repoURL"] not in project["spec"]["sourceRepos"]:
        yield f"{child['metadata']['name']} is outside of the project"
    if spec["destination"] not in project["spec"]["destinations"]:
        yield f"the project does not allow the destination of {child['metadata']['name']}"
