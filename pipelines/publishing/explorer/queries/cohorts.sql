-- purpose: comparable DMA scores of the newest year by known role in the exemplar programme, with spread
-- grain: care setting x cohort
with newest as (
    select max(period) as period
    from maturity_score
    where instrument = 'DMA' and measure = 'overall_comparable'
)

select
    replace(cohorts.care_type || ': ' || cohorts.cohort, '_', ' ') as assessed,
    cohorts.cohort,
    cohorts.n_scores,
    cohorts.n_same_body,
    cohorts.mean_score,
    cohorts.standard_deviation,
    cohorts.lowest,
    cohorts.lower_quartile,
    cohorts.median,
    cohorts.upper_quartile,
    cohorts.highest,
    null as read_from,
    cohorts.instrument,
    cohorts.edition,
    cohorts.period,
    cohorts.measure,
    cohorts.care_type,
    cohorts.population
from exemplars_then_and_now as cohorts
inner join newest on cohorts.period = newest.period and cohorts.edition = newest.period
where
    cohorts.instrument = 'DMA'
    and cohorts.measure = 'overall_comparable'
    and cohorts.population = 'all_scores'
    and cohorts.care_type <> 'all'
order by cohorts.care_type, cohorts.cohort
