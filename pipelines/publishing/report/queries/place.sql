-- purpose: mean share of lower scores among the acute trusts assessed by both instruments as one body
-- grain: instrument x cohort
select
    instrument || ' ' || period || ': ' || replace(cohort, '_', ' ') as assessed,
    instrument,
    period,
    cohort,
    n_organisations,
    value as pct_scored_lower
from maturity_statistic
where statistic = 'mean_share_of_lower_scores' and edition = '2025' and care_type = 'acute'
order by instrument desc, cohort asc
