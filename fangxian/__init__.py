"""Fangxian: covering a county or city door by door when an epidemic comes."""

__version__ = "0.1.0"
