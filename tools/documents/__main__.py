"""`python -m tools.documents` writes the pages that are generated from the project, and what is generated in others."""

from tools.documents.pages import write

write()
