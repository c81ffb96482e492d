-- purpose: how the comparable DMA scores of the newest year spread in each care setting
-- grain: care setting
with newest as (
    select max(period) as period
    from maturity_score
    where instrument = 'DMA' and measure = 'overall_comparable'
)

select
    scores.care_setting,
    scores.period,
    count(*) as providers,
    min(scores.score) as lowest,
    percentile_cont(0.25) within group (order by scores.score) as lower_quartile,
    percentile_cont(0.5) within group (order by scores.score) as median,
    percentile_cont(0.75) within group (order by scores.score) as upper_quartile,
    max(scores.score) as highest
from maturity_score as scores
inner join newest on scores.period = newest.period
where scores.instrument = 'DMA' and scores.measure = 'overall_comparable' and scores.edition = newest.period
group by scores.care_setting, scores.period
order by scores.care_setting
