"""aistandards: which standards exist for artificial intelligence, where each sits in the national system, what is missing."""

__version__ = "0.1.0"
