"""The rows behind a row of a mart where its own columns do not say them: of a mart that is computed, or is about several bodies.

Each condition is SQL in which `{column}` stands for a value of the mart's row. A table without a condition is read as a
whole. A test counts the rows of each against what the marts say of their number.
"""

from collections.abc import Mapping

from pipelines.queries.opened_release import Row

_CARE = "{care_type} in ('all', care_type)"
_ROUND = "instrument = {instrument} and edition = {edition} and period = {period} and measure = {measure}"
_ROUNDS = (
    "instrument = {instrument} and {edition} in ('', edition) and period in ({period_before}, {period_after})"
)
_RECALCULATED = "instrument = 'DMA' and panel = 'boundary_changed' and period < edition"
_ANY_COHORT = ("share_of_same_bodies", "mean_share_of_lower_scores")
_OVERALL = "'capabilities_common_sections', 'overall_comparable'"
_PROVIDERS = (
    "org_code in (from organisation_geography select org_code where relation = 'as_reported_in_dma' "
    "and edition = {edition} and icb_code = {icb_code})"
)
_PEERS = (
    "(org_code, care_setting) in (from peer_group select (org_code, care_setting) where care_setting = {care_setting} "
    "and peer_type = {peer_type} and peer_band = {peer_band} and measure = {measure})"
)
_CAUTIONS = "table_name = 'cohort_score' and caveat in ('gde_no_programme_effect', 'gde_followers_unknown')"

BEHIND: Mapping[str, Mapping[str, str]] = {
    "exemplars_then_and_now": {
        "caveat": _CAUTIONS,
        "cohort_score": f"{_ROUND} and cohort = {{cohort}} and {_CARE} and "
        f"if({{population}} = 'matched_panel', panel = 'matched', not ({_RECALCULATED}))",
    },
    "exemplars_change": {
        "caveat": _CAUTIONS,
        "cohort_score": f"{_ROUNDS} and measure = {{measure}} and cohort = {{cohort}} and {_CARE} and panel = 'matched'",
    },
    "exemplars_difference": {
        "caveat": _CAUTIONS,
        "cohort_score": f"{_ROUNDS} and {_CARE} and panel <> 'one_round_only' and "
        f"measure in ('capabilities', 'capabilities_dont_know_missing', {_OVERALL}) and "
        "({compared_with} = 'all_others' or cohort in ({cohort}, {compared_with}) or is_proposed_follower)",
    },
    "maturity_statistic": {
        "cohort_score": f"period in (select unnest(string_split({{period}}, ' to '))) and {_CARE} and "
        f"if({{statistic}} in {_ANY_COHORT}, measure in ({_OVERALL}) and edition in (period, {{edition}}), "
        "instrument = {instrument} and {edition} in ('', edition) and measure = {measure} and {cohort} in ('all', cohort))",
        "organisation_succession": "",
    },
    "icb_maturity": {
        "denominator": "measure = 'operating_expenses' and fy_end_year = cast({period} as integer) and "
        + _PROVIDERS,
        "icb_score": "instrument = 'DMA boards' and {care_setting} = 'all' and icb_code = {icb_code} and edition = {edition} "
        "and period = {period} and measure = {measure}",
        "maturity_score": "instrument = 'DMA' and edition = {edition} and period = {period} and measure = {measure} and "
        f"{{care_setting}} in ('all', care_setting) and {_PROVIDERS}",
        "organisation_geography": "relation = 'as_reported_in_dma' and edition = {edition} and icb_code = {icb_code}",
    },
    "peer_group": {
        "denominator": "measure = 'operating_expenses' and org_code = {org_code}",
        "maturity_score": "instrument = 'DMA' and edition = {edition} and period = {period} and measure = {measure} and "
        + _PEERS,
        "organisation_type": "org_code = {org_code} and scheme in ('acute_subtype', 'primary_type')",
    },
}
"""By mart and the table that it reads: which rows."""


def literal(value: object) -> str:
    """Return a value as SQL writes it."""
    if value is None:
        return "null"
    return str(value).lower() if isinstance(value, bool) else "'" + str(value).replace("'", "''") + "'"


def condition(mart: str, table: str, row: Row) -> str:
    """Return the condition that the rows of a table behind a row of a mart meet; empty where none is stated."""
    stated = BEHIND.get(mart, {}).get(table, "")
    return stated.format_map({name: literal(value) for name, value in row.items()})
