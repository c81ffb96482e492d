-- purpose: the DMA scores that integrated care boards gave themselves, and the means of their providers
-- grain: ICB x care setting (all: every assessed setting) x edition x period x measure
-- key: icb_code, care_setting, edition, period, measure
-- rounding: 1e-12 is added, so that a half is rounded up in databases that divide as decimals or as floats
with places as (
    select
        org_code,
        edition,
        icb_code,
        icb_name,
        icb_gss_code,
        region
    from organisation_geography
    where relation = 'as_reported_in_dma' and icb_code is not null
),

own as (
    select
        icb_code,
        icb_name,
        icb_gss_code,
        region,
        edition,
        period,
        measure,
        score,
        'all' as care_setting
    from icb_score
    where instrument = 'DMA boards'
),

newest as (
    select
        edition,
        max(period) as period,
        max(period_end) as last_day
    from maturity_score
    where instrument = 'DMA'
    group by edition
),

boundaries as (
    select distinct
        dma.org_code,
        dma.edition,
        dma.period
    from maturity_score as dma
    inner join newest on dma.edition = newest.edition and dma.period < newest.period
    inner join organisation_succession
        on
            dma.org_code = organisation_succession.successor_code
            and organisation_succession.succession_date between dma.period_start and newest.last_day
    where dma.instrument = 'DMA'
),

expenses as (
    select
        org_code,
        fy_end_year,
        cast(sum(value) as decimal(24, 0)) as operating_expenses
    from denominator
    where measure = 'operating_expenses'
    group by org_code, fy_end_year
    having count(value) = count(*)
),

scores as (
    select
        places.icb_code,
        places.icb_name,
        places.icb_gss_code,
        places.region,
        dma.org_code,
        dma.care_setting,
        dma.edition,
        dma.period,
        dma.measure,
        cast(dma.score as decimal(12, 9)) as score,
        boundaries.org_code is null as is_used,
        expenses.operating_expenses
    from maturity_score as dma
    inner join places on dma.org_code = places.org_code and dma.edition = places.edition
    left join boundaries
        on
            dma.org_code = boundaries.org_code
            and dma.edition = boundaries.edition
            and dma.period = boundaries.period
    left join expenses
        on dma.org_code = expenses.org_code and expenses.fy_end_year = extract(year from dma.period_start)
    where dma.instrument = 'DMA'
),

providers as (
    select
        icb_code,
        icb_name,
        icb_gss_code,
        region,
        edition,
        period,
        measure,
        org_code,
        is_used,
        coalesce(care_setting, 'all') as care_setting,
        sum(score) as total,
        cast(count(*) as decimal(18, 0)) as answers,
        cast(sum(score) / cast(count(*) as decimal(18, 0)) + 1e-12 as decimal(12, 9)) as mean_score,
        max(operating_expenses) as operating_expenses
    from scores
    group by
        grouping sets (
            (
                icb_code,
                icb_name,
                icb_gss_code,
                region,
                edition,
                period,
                measure,
                org_code,
                is_used,
                care_setting
            ),
            (icb_code, icb_name, icb_gss_code, region, edition, period, measure, org_code, is_used)
        )
),

means as (
    select
        icb_code,
        icb_name,
        icb_gss_code,
        region,
        care_setting,
        edition,
        period,
        measure,
        cast(count(*) filter (where is_used) as integer) as n_providers,
        cast(count(*) filter (where not is_used) as integer) as n_boundary_changed,
        cast(coalesce(sum(answers) filter (where is_used), 0) as integer) as n_scores,
        cast(
            sum(total) filter (where is_used)
            / cast(sum(answers) filter (where is_used) as decimal(18, 0)) + 1e-12 as decimal(9, 4)
        ) as mean_of_scores,
        cast(
            sum(mean_score) filter (where is_used)
            / cast(nullif(count(*) filter (where is_used), 0) as decimal(18, 0)) + 1e-12 as decimal(9, 4)
        ) as mean_of_providers,
        cast(count(operating_expenses) filter (where is_used) as integer) as n_weighted,
        cast(
            sum(mean_score * operating_expenses) filter (where is_used)
            / cast(nullif(sum(operating_expenses) filter (where is_used), 0) as decimal(24, 0))
            + 1e-12 as decimal(9, 4)
        ) as spend_weighted_mean
    from providers
    group by icb_code, icb_name, icb_gss_code, region, care_setting, edition, period, measure
),

joined as (
    select
        own.score as board_score,
        means.mean_of_scores,
        means.mean_of_providers,
        coalesce(means.icb_code, own.icb_code) as icb_code,
        coalesce(means.icb_name, own.icb_name) as icb_name,
        coalesce(means.icb_gss_code, own.icb_gss_code) as icb_gss_code,
        coalesce(means.region, own.region) as region,
        coalesce(means.care_setting, own.care_setting) as care_setting,
        coalesce(means.edition, own.edition) as edition,
        coalesce(means.period, own.period) as period,
        coalesce(means.measure, own.measure) as measure,
        coalesce(means.n_providers, 0) as n_providers,
        coalesce(means.n_boundary_changed, 0) as n_boundary_changed,
        coalesce(means.n_scores, 0) as n_scores,
        coalesce(means.n_weighted, 0) as n_weighted,
        case
            when means.n_weighted = means.n_providers then means.spend_weighted_mean
        end as spend_weighted_mean
    from means
    full outer join own
        on
            means.icb_code = own.icb_code
            and means.care_setting = own.care_setting
            and means.edition = own.edition
            and means.period = own.period
            and means.measure = own.measure
)

select
    icb_code,
    icb_name,
    icb_gss_code,
    region,
    care_setting,
    edition,
    period,
    measure,
    board_score,
    case
        when board_score is not null
            then
                cast(
                    rank() over (
                        partition by edition, period, measure, care_setting, board_score is not null
                        order by board_score desc
                    ) as integer
                )
    end as board_score_rank,
    case
        when board_score is not null then 'published'
        when care_setting = 'all' then 'x'
        else 'z'
    end as board_score_status,
    n_providers,
    n_boundary_changed,
    n_scores,
    mean_of_scores,
    mean_of_providers,
    case when n_providers > 0 then 'e' else 'x' end as mean_status,
    case
        when n_providers >= 3
            then
                cast(
                    rank() over (
                        partition by edition, period, measure, care_setting, n_providers >= 3
                        order by mean_of_providers desc
                    ) as integer
                )
    end as mean_of_providers_rank,
    case
        when n_providers >= 3 then 'e'
        when n_providers > 0 then 'z'
        else 'x'
    end as mean_of_providers_rank_status,
    n_weighted,
    spend_weighted_mean,
    case when spend_weighted_mean is null then 'x' else 'e' end as spend_weighted_status
from joined
