#!/usr/bin/env python3
"""Tests of the files in deploy/observability that need no server: python3 deploy/local/test_observability_files.py

Mappings, searches and panels agree with the fields of log lines in docs/telemetry.md, and all files are well-formed.
"""
import json
import re
import subprocess
import sys
import unittest
from pathlib import Path

import saved_objects

ROOT = Path(__file__).resolve().parents[2]
OBSERVABILITY = ROOT / "deploy/observability"
TEMPLATES = OBSERVABILITY / "elasticsearch"
# Fields of nginx's access log, and those that Fluent Bit and the ingest pipeline add.
ADDED = {"@timestamp", "path", "upstream", "log_file", "log_offset", "stream", "kubernetes", "data_stream", "other"}
ALIASES = {"timestamp", "trace", "span", "log", "http"}


def documented_fields():
    """The fields of log lines and their types."""
    text = (ROOT / "docs/telemetry.md").read_text().split("## Fields of log lines")[1]
    return dict(re.findall(r"^\| `(\w+)` \| (\w+) \|", text, re.MULTILINE))


def fitting_types(kind):
    """The types of Elasticsearch that take values of a documented type."""
    return {"string": {"keyword", "match_only_text", "alias"}, "integer": {"long"}, "boolean": {"boolean"}}[kind]


def mapping():
    return json.loads((TEMPLATES / "component-mappings.json").read_text())["template"]["mappings"]


def pipeline():
    return json.loads((TEMPLATES / "pipeline.json").read_text())["processors"]


class Mappings(unittest.TestCase):
    def test_every_documented_field_has_a_mapping_of_its_type(self):
        properties = mapping()["properties"]
        self.assertGreater(len(documented_fields()), 40)
        for name, kind in documented_fields().items():
            self.assertIn(properties.get(name, {}).get("type"), fitting_types(kind), name)

    def test_every_mapped_field_is_documented_or_added_on_the_way(self):
        self.assertEqual(set(mapping()["properties"]) - set(documented_fields()) - ADDED - ALIASES, set())

    def test_new_fields_are_not_mapped(self):
        self.assertIs(mapping()["dynamic"], False)

    def test_the_pipeline_knows_exactly_the_mapped_fields(self):
        known = set(next(each["script"]["params"]["known"] for each in pipeline() if "params" in each.get("script", {})))
        arriving = set(documented_fields()) | ADDED - {"@timestamp", "kubernetes", "data_stream", "other"}
        self.assertEqual(known, arriving | {"seconds"})

    def test_aliases_lead_to_mapped_fields(self):
        def aliases(properties):
            for one in properties.values():
                yield from [one["path"]] if one.get("type") == "alias" else aliases(one.get("properties", {}))
        for path in aliases(mapping()["properties"]):
            self.assertIn(path, mapping()["properties"])

    def test_nginx_logs_no_field_that_is_not_mapped(self):
        text = (ROOT / "deploy/nginx/shopstack.conf.template").read_text()
        logged = set(re.findall(r'"(\w+)":', re.search(r"log_format shopstack .*?;", text, re.DOTALL).group(0)))
        self.assertEqual(logged - set(mapping()["properties"]), {"seconds"})


class SavedObjects(unittest.TestCase):
    def setUp(self):
        self.objects = saved_objects.load()

    def test_the_file_is_what_its_source_describes(self):
        done = subprocess.run([sys.executable, OBSERVABILITY / "kibana/generate.py", "--check"], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_every_field_is_mapped(self):
        properties = mapping()["properties"]
        for one in self.objects:
            if one["type"] in ("search", "visualization"):
                for field in saved_objects.fields_of(one):
                    self.assertIn(field.removesuffix(".keyword"), properties, one["attributes"]["title"])
                    if field.endswith(".keyword"):
                        self.assertIn("keyword", properties[field.removesuffix(".keyword")].get("fields", {}))

    def test_panels_group_by_fields_that_can_be_grouped(self):
        for one in self.objects:
            for each in saved_objects.aggregations_of(one) if one["type"] == "visualization" else []:
                field = each["params"].get("field", "@timestamp").removesuffix(".keyword")
                text = mapping()["properties"][field]["type"] == "match_only_text"
                self.assertEqual(text, each["params"].get("field", "").endswith(".keyword"), one["attributes"]["title"])

    def test_references_lead_to_objects(self):
        known = saved_objects.by_id(self.objects)
        for one in self.objects:
            for reference in one["references"]:
                self.assertIn((reference["type"], reference["id"]), known)

    def test_every_search_and_visualisation_is_on_a_dashboard_or_described(self):
        for one in self.objects:
            if one["type"] != "index-pattern":
                self.assertTrue(one["attributes"]["title"])
                self.assertTrue(one["attributes"]["description"].endswith("."), one["attributes"]["title"])
        titles = [(one["type"], one["attributes"]["title"]) for one in self.objects]
        self.assertEqual(len(titles), len(set(titles)))

    def test_every_visualisation_is_on_a_dashboard(self):
        shown = {ref["id"] for one in self.objects if one["type"] == "dashboard" for ref in one["references"]}
        self.assertEqual({one["id"] for one in self.objects if one["type"] == "visualization"} - shown, set())

    def test_rows_of_dashboards_are_full(self):
        for one in self.objects:
            if one["type"] == "dashboard":
                rows = {}
                for panel in json.loads(one["attributes"]["panelsJSON"]):
                    place = panel["gridData"]
                    rows[place["y"]] = rows.get(place["y"], 0) + place["w"]
                self.assertEqual(set(rows.values()), {48}, one["attributes"]["title"])

    def test_the_form_is_one_that_both_programs_take(self):
        for one in self.objects:
            self.assertFalse({"coreMigrationVersion", "typeMigrationVersion"} & set(one))
            self.assertNotEqual(one["type"], "lens")


class Files(unittest.TestCase):
    def test_json_is_well_formed(self):
        for path in OBSERVABILITY.glob("**/*.json"):
            json.loads(path.read_text())

    def test_scripts_are_well_formed(self):
        for path in OBSERVABILITY.glob("**/*.sh"):
            subprocess.run(["sh", "-n", path], check=True)

    def test_included_files_exist(self):
        for path in (OBSERVABILITY / "fluent-bit").glob("*.conf"):
            for name in re.findall(r"^@INCLUDE (\S+)", path.read_text(), re.MULTILINE):
                self.assertTrue((path.parent / name).exists(), name)

    def test_every_environment_variable_is_in_the_readme(self):
        described = (OBSERVABILITY / "README.md").read_text()
        for path in [*OBSERVABILITY.glob("fluent*/*.conf"), *OBSERVABILITY.glob("otel-collector/*.yaml")]:
            used = re.findall(r"\$\{(?:env:)?([A-Z_]+)|ENV\['(\w+)'\]", path.read_text())
            for name in {one or other for one, other in used}:
                self.assertIn(f"`{name}`", described, path.name)

    def test_installer_variables_are_in_the_readme(self):
        described = (OBSERVABILITY / "README.md").read_text()
        for name in re.findall(r"^#   ([A-Z_]+)", (TEMPLATES / "install.sh").read_text(), re.MULTILINE):
            self.assertIn(f"`{name}`", described)

    def test_dashboard_screenshots_are_small(self):
        screenshots = list((ROOT / "docs/observability").glob("*.png"))
        self.assertLessEqual(len(screenshots), 5)
        for path in screenshots:
            self.assertLess(path.stat().st_size, 200_000, path.name)


if __name__ == "__main__":
    unittest.main()
