"""The look of every page: bundle lookup, form renderer, formats, the style guide's data."""
