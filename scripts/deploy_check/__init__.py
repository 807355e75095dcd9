"""Checks the templates under `deploy/` against each other and against what the library needs."""
