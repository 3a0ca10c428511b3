"""How dates and times are written, by language: the day first, the month in letters, 24 hours.

Django's own English is American (11/05/2026), which half of the readers take for another day.
"""
