-- purpose: comparable DMA scores of 2025 by care setting and cohort
-- grain: care setting x cohort
select
    replace(care_type, '_', ' ') || ': ' || replace(cohort, '_', ' ') as assessed,
    care_type,
    cohort,
    period,
    n_organisations,
    n_same_body,
    mean_score,
    mean_lower,
    mean_upper,
    lower_quartile,
    median,
    upper_quartile,
    interval
from exemplars_then_and_now
where
    instrument = 'DMA'
    and measure = 'overall_comparable'
    and care_type <> 'all'
    and population = 'all_scores'
    and edition = '2025'
    and period = '2025'
order by care_type, cohort
