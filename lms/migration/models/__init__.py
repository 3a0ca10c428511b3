"""What was brought in, and how to know it again."""

from .items import ImportedItem
from .people import UNDO_WITHIN, Forecast, PeopleImport, PeopleImportRow, Result

__all__ = ["UNDO_WITHIN", "Forecast", "ImportedItem", "PeopleImport", "PeopleImportRow", "Result"]
