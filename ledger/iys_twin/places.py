"""Cities and towns with their codes, read from `places.txt` (iys/api.md §9, appendix A)."""

from importlib import resources
from typing import Final

from ledger.iys_twin.wire_directory import City, Town


def _read() -> tuple[dict[int, City], dict[int, Town]]:
    text = resources.files("ledger.iys_twin").joinpath("places.txt").read_text(encoding="utf-8")
    cities: dict[int, City] = {}
    towns: dict[int, Town] = {}
    for line in text.splitlines():
        city, listed = line.split(": ")
        code, name = city.split(" ", 1)
        cities[int(code)] = City(int(code), name)
        for town in listed.split(", "):
            town_code, town_name = town.split(" ", 1)
            towns[int(town_code)] = Town(town_name, int(town_code), int(code))
    return cities, towns


CITIES, TOWNS = _read()
CITY_COUNT: Final = 81
TOWN_COUNT: Final = 970
assert (len(CITIES), len(TOWNS)) == (CITY_COUNT, TOWN_COUNT)
