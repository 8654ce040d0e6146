#!/usr/bin/env python3
"""Writes holidays.txt: the public holidays of the countries with a right of withdrawal, for some years from now on.

Run it in a virtual environment with `pip install holidays==0.109`, once a year or when a country changes its holidays:

    python holidays.py > holidays.txt

A day counts if it is a holiday in the whole country or in one of its regions, since the order does not tell which law of a region
applies, and a consumer must not lose the right a day too early. The feasts of single towns (Italy, Portugal) do not count.
"""

from datetime import date

import holidays

COUNTRIES = (
    "AT BE BG CY CZ DE DK EE ES FI FR GB GR HR HU IE IS IT LI LT LU LV MT NL NO PL PT RO SE SI SK".split()
)
# The regions that the library knows of these are provinces and municipalities, with the days of their patron saints.
NATIONWIDE_ONLY = {"IT", "PT"}
FIRST_YEAR = 2026
YEARS = 15


def days(country: str, year: int) -> list[date]:
    regions = [] if country in NATIONWIDE_ONLY else getattr(holidays, country).subdivisions
    found: set[date] = set()
    for region in (None, *regions):
        found |= set(holidays.country_holidays(country, subdiv=region, years=year))
    # The library lists the Sundays of some countries; the period never ends on one anyway.
    return sorted(day for day in found if day.year == year and day.weekday() < 5)


def main() -> None:
    last_year = FIRST_YEAR + YEARS - 1
    print(f"# Public holidays {FIRST_YEAR} to {last_year} from Monday to Friday, each as month and day.")
    print(f"# Written by holidays.py with the Python library `holidays` {holidays.__version__} (MIT). Do not edit.")
    for country in COUNTRIES:
        for year in range(FIRST_YEAR, last_year + 1):
            print(country, year, *(day.strftime("%m%d") for day in days(country, year)))


if __name__ == "__main__":
    main()
