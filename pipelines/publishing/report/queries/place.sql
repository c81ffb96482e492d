-- purpose: mean place of each cohort among the acute trusts that both instruments assessed as the same body
-- grain: instrument x cohort
select
    instrument || ' ' || period || ': ' || replace(cohort, '_', ' ') as assessed,
    instrument,
    period,
    cohort,
    n_organisations,
    value as mean_place
from maturity_statistic
where statistic = 'mean_place' and care_type = 'acute'
order by instrument desc, cohort asc
