"""Algorithms of Fangxian: data in, result out, no web framework and no database.

Each package stands alone and imports none of the others.
"""
