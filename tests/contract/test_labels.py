"""Names of columns in words."""

from collections import Counter

import pytest

from assets.catalogue import published
from assets.contract.labels import words_of


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("it_equipment_additions_gbp", "IT equipment additions (£)"),
        ("n_organisations", "Number of organisations"),
        ("epr_as_of_date", "EPR, as of"),
        ("dmsa_2015_16_readiness", "DMSA 2015/16 readiness"),
        ("mean_lower", "Mean, lower end"),
        ("org_code", "ODS code"),
    ],
)
def test_a_rule_makes_words_of_a_name(name: str, words: str) -> None:
    assert words_of(name) == words


def test_every_published_column_has_a_label_in_words_that_is_unique_in_its_table() -> None:
    problems = []
    for table in published().tables.values():
        labels = {c.name: c.info.get("label", "") for c in table.columns}
        problems += [(table.name, label) for label, n in Counter(labels.values()).items() if n > 1]
        problems += [
            (table.name, name, label)
            for name, label in labels.items()
            if not label or "_" in label or len(label) > 60 or not label[0].isupper() or "  " in label
        ]
    assert problems == []
