"""The demonstration county: generated from a seed, plainly synthetic, and alive.

One real county's towns and villages, filled with buildings, 20,000 households, organisations, the
chain of responsibility and a sweep under way. Names, numbers and figures are made up; identity
numbers are valid in form and end in the sequence numbers 996 to 999, which were set apart for
people of a hundred years and more, so that nobody younger was ever given one.
"""
