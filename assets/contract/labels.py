"""Names of columns in words, for the headers of the workbook and the explorer, the dictionary and the descriptors.

A rule makes the words from the name. `LABELS` has the names that it reads badly, whatever table they are in;
`column(label=...)` is for a single column.
"""

LABELS = {
    "acute_subtype_read_in": "Acute subtype: where read",
    "as_of_date": "As of",
    "assessed": "Care setting and cohort",
    "average_score_likely_range": "Average score: likely range",
    "beds_months_reported": "Months in the mean of beds",
    "cqc_merged_since": "Merged since, rated apart by the CQC",
    "current_org_code": "ODS code today",
    "current_org_name": "Organisation today",
    "digital_funding_gbp": "Central digital funding (£)",
    "display_name": "Name in upper and lower case",
    "dma_merged_since": "Merged since, assessed apart (DMA)",
    "dmsa_merged_since": "Merged since, assessed apart (DMSA)",
    "dspt_merged_since": "Merged since, listed apart by the DSPT",
    "epr_merged_since": "Merged since, listed apart with an EPR",
    "exemplar_org_code": "ODS code of the exemplar",
    "frontline_merged_since": "Merged since, listed apart by Frontline Digitisation",
    "fy_end_year": "Financial year ends in",
    "how": "How it was obtained",
    "index_value": "Index",
    "is_it": "Whether it is IT",
    "it_capital_broad_gbp": "IT capital, broad (£)",
    "it_capital_broad_real_gbp": "IT capital, broad, real terms (£)",
    "it_capital_fy_end_year": "IT capital: financial year ends in",
    "it_capital_gbp_per_bed": "IT capital per bed (£)",
    "it_capital_gbp_per_wte": "IT capital per WTE (£)",
    "it_capital_narrow_gbp": "IT capital, narrow (£)",
    "it_capital_narrow_real_gbp": "IT capital, narrow, real terms (£)",
    "it_capital_pct_of_operating_expenses": "IT capital, % of operating expenses",
    "it_capital_pct_over_three_years": "IT capital, % of operating expenses, three years",
    "it_capital_real_gbp_per_bed": "IT capital per bed, real terms (£)",
    "it_capital_real_gbp_per_wte": "IT capital per WTE, real terms (£)",
    "it_capital_without": "IT capital: constituents missing",
    "league_rank_likely_range": "League rank: likely range",
    "mean_overall_of_trusts": "Mean of trusts",
    "medical_records_fy_end_year": "Medical records: financial year ends in",
    "medical_records_without": "Medical records: constituents missing",
    "n_about_the_same": "Number about the same",
    "n_boundary_changed": "Number whose boundary changed",
    "n_cohort": "Number in the cohort",
    "n_fell": "Number that fell",
    "n_peers": "Peers",
    "n_rose": "Number that rose",
    "n_same_body": "Number that were chosen themselves",
    "n_scores": "Scores",
    "n_weighted": "Number weighted",
    "open_all_period": "Open in all of the period",
    "open_on_snapshot": "Open on the day",
    "org_code": "ODS code",
    "org_codes": "ODS codes",
    "org_code_as_published": "Code as published",
    "org_display_name": "Organisation",
    "org_name_as_published": "Name as published",
    "own_overall": "Own overall",
    "own_overall_before": "Own, year before",
    "partner_org_code": "ODS code of the partner",
    "path": "Codes from then to today",
    "permutation": "Intervals by permutation",
    "resolve_on": "Day the name is looked up on",
    "rows_in": "Rows read",
    "trend": "Outcomes, oldest first",
    "wte_healthcare_assistants_and_other_support": "WTE healthcare assistants and other support staff",
    "wte_nursing_midwifery_and_health_visiting": "WTE nursing, midwifery, health visiting",
    "wte_nursing_midwifery_and_health_visiting_learners": "WTE learners in nursing, midwifery, health visiting",
    "wte_scientific_therapeutic_and_technical": "WTE scientific, therapeutic and technical",
}
_WORDS = {
    **{word: word.upper() for word in ("cqc", "dma", "dmsa", "dqmi", "dspt", "epr", "fdp", "gss")},
    **{word: word.upper() for word in ("icb", "it", "nhs", "ods", "wte")},
    "gbp": "(£)",
    "n": "number of",
    "org": "organisation",
    "pct": "(%)",
    "sha256": "SHA-256",
    "url": "address",
}
_PHRASES = {
    " as of date": ", as of",
    " fy end year": ": financial year ends in",
    " permutation ": " by permutation ",
    "2015 16": "2015/16",
}
_ENDS = {" lower": ", lower end", " upper": ", upper end"}


def words_of(name: str) -> str:
    """Return the name of a column in words."""
    if name in LABELS:
        return LABELS[name]
    text = " ".join(_WORDS.get(word, word) for word in name.split("_"))
    for phrase, written in _PHRASES.items():
        text = text.replace(phrase, written)
    for end, written in _ENDS.items():
        text = text.removesuffix(end) + written if text.endswith(end) else text
    return text[:1].upper() + text[1:]
