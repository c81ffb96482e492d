"""Published tables from staged rows."""
