-- purpose: change of the comparable DMA score of the matched panel by care setting and cohort
-- grain: care setting x cohort
select
    care_type,
    cohort,
    period_before,
    period_after,
    n_organisations,
    mean_before,
    mean_change,
    change_lower,
    change_upper,
    n_rose,
    n_about_the_same,
    n_fell
from exemplars_change
where instrument = 'DMA' and edition = '2025'
order by care_type, cohort
