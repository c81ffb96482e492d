-- purpose: how all providers of a care setting scored themselves, to see chosen trusts against
-- grain: care setting x measure x period of the newest DMA
with newest as (
    select max(edition) as edition
    from maturity_score
    where instrument = 'DMA'
)

select
    scores.care_setting,
    scores.measure,
    scores.period,
    count(*) as providers,
    percentile_cont(0.25) within group (order by scores.score) as lower_quartile,
    percentile_cont(0.5) within group (order by scores.score) as median,
    percentile_cont(0.75) within group (order by scores.score) as upper_quartile
from maturity_score as scores
inner join newest on scores.edition = newest.edition
where scores.instrument = 'DMA' and scores.measure <> 'pillar_mean_derived' and scores.score is not null
group by scores.care_setting, scores.measure, scores.period
order by scores.care_setting, scores.measure, scores.period
