"""Readers: files in the formats of the field become rows and triples with their place; everything odd becomes a finding."""
