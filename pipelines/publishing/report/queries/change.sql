-- purpose: change of capabilities of the matched panel of acute trusts between the rounds
-- grain: measure x cohort
select
    measure,
    cohort,
    n_organisations,
    mean_before,
    mean_change,
    change_lower,
    change_upper,
    permutation_lower,
    permutation_upper,
    n_rose,
    n_about_the_same,
    n_fell
from exemplars_change
where
    instrument = 'DMSA'
    and care_type = 'acute'
    and measure in ('capabilities', 'capabilities_common_sections')
order by measure desc, cohort asc
