"""Providers (the tenants), who belongs to them in which role, and whose rows code may touch."""
