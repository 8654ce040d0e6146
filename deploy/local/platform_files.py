"""Reads the files of the platform: the index of charts, their values, and the objects of valuefiles/ and kops/."""
import functools
import json
import sys
from pathlib import Path

from programs import made_once
from services import CACHE, run

PACKAGES = ["PyYAML==6.0.2", "check-jsonschema==0.39.0"]
ROOT = Path(__file__).resolve().parents[2]


class Unreadable(Exception):
    """A file that is no YAML, or has one key twice."""


@functools.cache
def packages():
    """Makes the packages importable: they are in a folder of the cache, not among those of this Python."""
    def install(folder):
        run(sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--target", folder, *PACKAGES)
    sys.path.insert(0, str(made_once(CACHE / "platform/1", install)))


@functools.cache
def loader():
    """A loader that refuses a key that stands twice, of which YAML's own loader would take the second."""
    packages()
    import yaml

    class Loader(yaml.CSafeLoader):
        pass

    def mapping(self, node, deep=False):
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        twice = {key for key in keys if keys.count(key) > 1}
        if twice:
            raise Unreadable(f"{', '.join(map(str, sorted(twice)))} stands twice, at line {node.start_mark.line + 1}")
        return yaml.CSafeLoader.construct_mapping(self, node, deep)
    Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, lambda self, node: mapping(self, node, True))
    return Loader


@functools.lru_cache(maxsize=500)
def parsed(text):
    packages()
    import yaml
    try:
        return [one for one in yaml.load_all(text, loader()) if one is not None]
    except yaml.YAMLError as error:
        raise Unreadable(str(error).replace("\n", " ")) from error


@functools.lru_cache(maxsize=500)
def schema_errors(schema_text, document_text):
    """What a schema says against a document; both as text, so that the same question is answered once."""
    packages()
    import jsonschema
    errors = jsonschema.Draft7Validator(json.loads(schema_text)).iter_errors(json.loads(document_text))
    return [(f"/{'/'.join(str(part) for part in error.absolute_path)}", error.message[:300]) for error in errors]


def walk(value, path=()):
    """Every map and list element of `value` and below, with its path."""
    yield path, value
    if isinstance(value, dict):
        for key, item in value.items():
            yield from walk(item, (*path, str(key)))
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from walk(item, (*path, str(number)))


def pointer(path):
    return "/" + "/".join(path)


class Platform:
    """The files below `root`; reads each when it is asked for."""

    def __init__(self, root):
        self.root = Path(root)
        self.charts = self.read("valuefiles/charts.yaml")[0]["charts"]

    def text(self, path):
        return (self.root / path).read_text()

    def read(self, path):
        """The documents of a file."""
        try:
            return parsed(self.text(path))
        except Unreadable as error:
            raise Unreadable(f"{path}: {error}") from error

    def names(self, *folders):
        """The YAML files of folders, from the root."""
        return sorted(str(path.relative_to(self.root)) for folder in folders for path in (self.root / folder).rglob("*.yaml"))

    def value_files(self):
        """Each entry of the index with each of its files of values."""
        for entry in self.charts:
            for path in [*entry["values"], *[path for paths in entry.get("environments", {}).values() for path in paths]]:
                yield entry, path, self.read(path)[0]

    def manifests(self):
        """Each object of valuefiles/ with its file and the entry that it belongs to."""
        seen = set()
        for entry in self.charts:
            for path in entry.get("manifests", []):
                if path not in seen:
                    seen.add(path)
                    for one in self.read(path):
                        yield entry, path, one

    def cluster(self):
        return self.read("kops/cluster.yaml")[0]

    def groups(self):
        """The instance groups of kops."""
        return [one for path in self.names("kops") for one in self.read(path) if one.get("kind") == "InstanceGroup"]
