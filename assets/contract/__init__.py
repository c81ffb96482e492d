"""The words a source is written in."""
