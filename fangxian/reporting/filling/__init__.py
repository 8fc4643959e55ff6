"""Filling the templates of offices from the facts: matching their names, choosing, writing."""
