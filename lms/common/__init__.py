"""Money, clock, states, ids and errors: what every app stands on. No models."""
