"""Scale a dough. Usage: python dough.py 900        (grams of dough you want)"""

import sys

FORMULA = {"flour": 100, "water": 70, "salt": 2, "yeast": 0.5}

dough = float(sys.argv[1])
flour = dough / sum(FORMULA.values()) * 100
for name, percent in FORMULA.items():
    print(f"{name:6} {flour * percent / 100:7.1f} g")
