"""A bare Django project: what bench.quiz measures an answer against."""
