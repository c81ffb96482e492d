"""What a payment was for, by the words of its expense type: whole words, never a part of one, never the supplier.

`words.csv` is read from the top and the first row whose words stand side by side in the expense type decides; a star
ends a word that may go on. An expense type that no row knows is unclassified, and so is one that says nothing.
"""

from functools import cache

from assets.sources.spend25k.trusts import plain, rows

UNCLASSIFIED = "unclassified"
NOT_IT = "not_it"
IT_CATEGORIES = (
    *("it_capital", "it_clinical_systems", "it_hardware", "it_network", "it_other", "it_services"),
    "it_software",
)
NAMED = (*IT_CATEGORIES, "telecoms")
"""Categories whose words are staged; the words of other payments may be about one person's pay and are not kept."""
CATEGORIES = (*NAMED, NOT_IT, UNCLASSIFIED)


@cache
def classify(expense_type: str) -> tuple[str, str | None]:
    """Return the category of an expense type, and the words that decided where the category is IT or telecoms."""
    text = f" {plain(expense_type)} "
    for stretch, category, words in _rules():
        if stretch in text:
            return category, words if category in NAMED else None
    return UNCLASSIFIED, None


@cache
def _rules() -> tuple[tuple[str, str, str], ...]:
    found = []
    for row in rows("words"):
        if row["category"] not in CATEGORIES:
            raise ValueError(f"Reading words.csv: expected one of {', '.join(CATEGORIES)}, found {row}.")
        words = row["words"].rstrip("*")
        end = "" if row["words"].endswith("*") else " "
        found.append((f" {words}{end}", row["category"], words))
    return tuple(found)
