"""Import of ledgers of residents: fields, places, matching, writing, and the jobs around them."""
