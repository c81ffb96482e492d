-- purpose: the comparable DMA score of every provider and care setting in the newest year
-- grain: organisation x care setting
with newest as (
    select max(period) as period
    from maturity_score
    where instrument = 'DMA' and measure = 'overall_comparable'
)

select
    display_name(scores.org_name) as org_name,
    scores.org_code,
    scores.care_setting,
    scores.period,
    scores.score,
    array[origin(scores)] as read_from,
    scores.instrument,
    scores.measure,
    scores.edition
from maturity_score as scores
inner join newest on scores.period = newest.period
where scores.instrument = 'DMA' and scores.measure = 'overall_comparable' and scores.edition = newest.period
order by scores.care_setting asc, scores.score desc, scores.org_code asc
