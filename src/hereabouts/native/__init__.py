"""The compiled twins of the hot path: optional, and equal to their Python in all but speed."""
