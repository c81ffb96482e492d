-- purpose: DMA scores of members of the GDE programme and of trusts without a known programme, with spread
-- grain: cohort x care setting x edition x period x measure
-- key: cohort, care_setting, edition, period, measure
-- rounding: 1e-12 is added, so that a half is rounded up in databases that divide as decimals or as floats
with members as (
    select
        org_code,
        '>' || path || '>' as way,
        role,
        inherited_status,
        inherited_since
    from programme_membership_current
    where programme = 'GDE' and inherited_status in ('same', 'absorbed_member', 'enlarged_by_non_member')
),

scores as (
    select
        org_code,
        care_setting,
        edition,
        period,
        period_start,
        period_end,
        measure,
        cast(score as decimal(12, 9)) as score,
        score as unrounded
    from maturity_score
    where instrument = 'DMA'
),

last_days as (
    select
        edition,
        max(period_end) as last_day
    from scores
    group by edition
),

boundary_changed as (
    select distinct
        scores.org_code,
        scores.edition,
        scores.period
    from scores
    inner join last_days on scores.edition = last_days.edition
    inner join organisation_succession
        on
            scores.org_code = organisation_succession.successor_code
            and organisation_succession.succession_date between scores.period_start and last_days.last_day
    where scores.period_end < last_days.last_day
),

assessed as (
    select distinct
        org_code,
        period_end
    from scores
),

cohorts as (
    select
        assessed.org_code,
        assessed.period_end,
        coalesce(min(members.role), 'no_known_programme') as cohort,
        max(case when members.inherited_status = 'same' then 1 else 0 end) as is_same_body
    from assessed
    left join members
        on
            position('>' || assessed.org_code || '>' in members.way) > 0
            and (
                assessed.org_code = members.org_code
                or coalesce(members.inherited_since, assessed.period_end) <= assessed.period_end
            )
    group by assessed.org_code, assessed.period_end
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
        percentile_cont(0.25) within group (order by scores.unrounded) as lower_quartile,
        percentile_cont(0.5) within group (order by scores.unrounded) as median,
        percentile_cont(0.75) within group (order by scores.unrounded) as upper_quartile,
        max(scores.score) as highest
    from scores
    inner join cohorts on scores.org_code = cohorts.org_code and scores.period_end = cohorts.period_end
    left join boundary_changed
        on
            scores.org_code = boundary_changed.org_code
            and scores.edition = boundary_changed.edition
            and scores.period = boundary_changed.period
    where boundary_changed.org_code is null
    group by cohorts.cohort, scores.care_setting, scores.edition, scores.period, scores.measure
),

warnings as (
    select string_agg(text, ' ' order by caveat desc) as caveat
    from caveat
    where table_name = 'gde_cohort' and caveat in ('gde_no_programme_effect', 'gde_followers_unknown')
)

select
    summed.cohort,
    summed.care_setting,
    summed.edition,
    summed.period,
    summed.measure,
    cast(summed.n as integer) as n_scores,
    cast(summed.n_same_body as integer) as n_same_body,
    cast(summed.total / cast(summed.n as decimal(18, 0)) + 1e-12 as decimal(9, 4)) as mean_score,
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
