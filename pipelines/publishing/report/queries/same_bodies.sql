-- purpose: how many bodies of the self-assessment of 2017 the assessment of 2025 knows as the same body
-- grain: care type x cohort
select
    care_type,
    cohort,
    n_organisations,
    cast(round(n_organisations * value / 100) as integer) as n_same_body,
    value as share_same_body
from maturity_statistic
where statistic = 'share_of_same_bodies' and edition = '2025'
order by care_type, cohort
