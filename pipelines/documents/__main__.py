"""`python -m pipelines.documents` writes the pages of docs/ that are made from the project."""

from pipelines.documents.pages import write

write()
