"""`python -m tools.documents` writes the pages of docs/ that are generated from the project."""

from tools.documents.pages import write

write()
