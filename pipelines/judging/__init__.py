"""The verdict on a file beside those that are held: what it revises, and where it overlaps them."""
