-- purpose: capabilities of the matched panel of acute trusts on the eight common sections, in both rounds
-- grain: cohort x round
select
    cohort,
    period,
    n_organisations,
    mean_score,
    mean_lower,
    mean_upper,
    lower_quartile,
    median,
    upper_quartile,
    interval
from exemplars_then_and_now
where
    instrument = 'DMSA'
    and measure = 'capabilities_common_sections'
    and care_type = 'acute'
    and population = 'matched_panel'
order by cohort, period
