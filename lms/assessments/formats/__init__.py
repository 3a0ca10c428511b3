"""Questions in the formats of other programs: read into `Package`s, written from `Imported`s.

Nothing here knows rows, requests or people. Files come from strangers: whatever is in them, a
reader returns a package or raises `FormatError`, and never asks the network for anything.
"""
