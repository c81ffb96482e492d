-- purpose: DMA scores of members of the GDE programme and of trusts without known programme, with spread
-- grain: cohort x care setting x edition x period x measure
-- key: cohort, care_setting, edition, period, measure
with members as (
    select
        path,
        role,
        inherited_status
    from programme_membership_current
    where programme = 'GDE' and inherited_status in ('same', 'absorbed_member', 'enlarged_by_non_member')
),

scores as (
    select
        org_code,
        care_setting,
        edition,
        period,
        measure,
        cast(score as decimal(9, 6)) as score
    from maturity_score
    where instrument = 'DMA'
),

cohorts as (
    select
        scores.org_code,
        coalesce(min(members.role), 'no_known_programme') as cohort,
        max(case when members.inherited_status = 'same' then 1 else 0 end) as is_same_body
    from (select distinct org_code from scores) as scores
    left join members on position('>' || scores.org_code || '>' in '>' || members.path || '>') > 0
    group by scores.org_code
),

summed as (
    select
        cohorts.cohort,
        scores.care_setting,
        scores.edition,
        scores.period,
        scores.measure,
        count(*) as n,
        sum(cohorts.is_same_body) as n_same_body,
        sum(scores.score) as total,
        sum(scores.score * scores.score) as squares,
        min(scores.score) as lowest,
        percentile_cont(0.25) within group (order by scores.score) as lower_quartile,
        percentile_cont(0.5) within group (order by scores.score) as median,
        percentile_cont(0.75) within group (order by scores.score) as upper_quartile,
        max(scores.score) as highest
    from scores
    inner join cohorts on scores.org_code = cohorts.org_code
    group by cohorts.cohort, scores.care_setting, scores.edition, scores.period, scores.measure
),

warnings as (
    select string_agg(text, ' ' order by caveat desc) as caveat
    from caveat
    where caveat in ('gde_no_programme_effect', 'gde_followers_unknown')
)

select
    summed.cohort,
    summed.care_setting,
    summed.edition,
    summed.period,
    summed.measure,
    cast(summed.n as integer) as n_scores,
    cast(summed.n_same_body as integer) as n_same_body,
    cast(summed.total / cast(summed.n as decimal(18, 0)) as decimal(9, 4)) as mean_score,
    cast(
        sqrt(
            cast(
                greatest(summed.squares * summed.n - summed.total * summed.total, 0) as double precision
            ) / cast(nullif(summed.n * (summed.n - 1), 0) as double precision)
        ) as decimal(9, 4)
    ) as standard_deviation,
    cast(summed.lowest as decimal(9, 4)) as lowest,
    cast(summed.lower_quartile as decimal(9, 4)) as lower_quartile,
    cast(summed.median as decimal(9, 4)) as median,
    cast(summed.upper_quartile as decimal(9, 4)) as upper_quartile,
    cast(summed.highest as decimal(9, 4)) as highest,
    warnings.caveat
from summed
cross join warnings
