"""Models that only the tests have: private rows of every shape the scope must hold for."""
