"""Checks of notebook 03: pooling."""
