"""Print, for each ferry line, how full its departures are and how late they leave.

Usage: python ferry_report.py ferries.csv
"""

import csv
import sys


def read_departures(path):
    """Return the rows of the file as dictionaries, with the numbers converted."""
    with open(path, newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        for column in ("capacity", "passengers", "delay_minutes"):
            row[column] = int(row[column])
    return rows


def by_line(departures):
    """Group departures by the name of their line."""
    groups = {}
    for departure in departures:
        groups.setdefault(departure["line"], []).append(departure)
    return groups


def occupancy(departures):
    """The share of all seats that were taken, between 0 and 1."""
    seats = sum(departure["capacity"] for departure in departures)
    taken = sum(departure["passengers"] for departure in departures)
    return taken / seats


def average_delay(departures):
    """The mean delay in minutes."""
    return sum(departure["delay_minutes"] for departure in departures) / len(departures)


if __name__ == "__main__":
    for name, departures in by_line(read_departures(sys.argv[1])).items():
        print(f"{name:15} {occupancy(departures):4.0%} full, {average_delay(departures):4.1f} min late")
