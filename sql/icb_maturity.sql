-- purpose: mean DMA scores of the providers of each integrated care board, in three weightings
-- grain: ICB x care setting (all: every assessed setting) x edition x period x measure
-- key: icb_code, care_setting, edition, period, measure
-- rounding: 1e-12 more, so that a half goes up whether a database divides in decimals or in floating point
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
        expenses.operating_expenses
    from maturity_score as dma
    inner join places on dma.org_code = places.org_code and dma.edition = places.edition
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
        coalesce(care_setting, 'all') as care_setting,
        sum(score) as total,
        cast(count(*) as decimal(18, 0)) as answers,
        cast(sum(score) / cast(count(*) as decimal(18, 0)) + 1e-12 as decimal(12, 9)) as mean_score,
        max(operating_expenses) as operating_expenses
    from scores
    group by
        grouping sets (
            (icb_code, icb_name, icb_gss_code, region, edition, period, measure, org_code, care_setting),
            (icb_code, icb_name, icb_gss_code, region, edition, period, measure, org_code)
        )
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
    cast(count(*) as integer) as n_providers,
    cast(sum(answers) as integer) as n_scores,
    cast(sum(total) / cast(sum(answers) as decimal(18, 0)) + 1e-12 as decimal(9, 4)) as mean_of_scores,
    cast(sum(mean_score) / cast(count(*) as decimal(18, 0)) + 1e-12 as decimal(9, 4)) as mean_of_providers,
    cast(count(operating_expenses) as integer) as n_weighted,
    case
        when count(operating_expenses) = count(*)
            then
                cast(
                    sum(mean_score * operating_expenses)
                    / cast(nullif(sum(operating_expenses), 0) as decimal(24, 0)) + 1e-12 as decimal(9, 4)
                )
    end as spend_weighted_mean,
    case when count(operating_expenses) = count(*) then 'e' else 'x' end as spend_weighted_status
from providers
group by icb_code, icb_name, icb_gss_code, region, care_setting, edition, period, measure
