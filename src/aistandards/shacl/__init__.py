"""SHACL shapes compiled to Python checks over an indexed graph or over a file as it is read."""
