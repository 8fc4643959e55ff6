"""Drills: processes are killed in the middle of writes, and nothing acknowledged may be lost."""
