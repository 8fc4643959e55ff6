"""Pages of persons and of the merge queue."""
