"""A site that is made in seconds: one school with one course, and people who sign in.

Its clock can be moved while it runs: `clock` in its data folder says by how many seconds.
"""
