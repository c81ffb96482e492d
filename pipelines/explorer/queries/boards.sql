-- purpose: mean DMA pillar scores of the providers of each board and each region, in the newest year
-- grain: region (board: all boards), board
with newest as (
    select max(edition) as edition
    from icb_maturity
    where measure = 'well_led'
),

kept as (
    select
        coalesce(boards.region, 'no region') as region,
        boards.icb_code,
        coalesce(
            regexp_replace(boards.icb_name, '^NHS | Integrated Care Board$', '', 'g'), boards.icb_code
        ) as board,
        boards.measure,
        boards.n_providers,
        boards.mean_of_providers
    from icb_maturity as boards
    inner join newest on boards.edition = newest.edition and boards.period = newest.edition
    where boards.care_setting = 'all'
),

places as (
    select
        region,
        board,
        icb_code,
        measure,
        n_providers,
        mean_of_providers
    from kept
    union all
    select
        region,
        'All of the region' as board,
        '' as icb_code,
        measure,
        sum(n_providers) as n_providers,
        sum(mean_of_providers * n_providers) / sum(n_providers) as mean_of_providers
    from kept
    group by region, measure
)

select
    board as place,
    region,
    icb_code,
    max(n_providers) as providers,
    max(case when measure = 'well_led' then mean_of_providers end) as well_led,
    max(
        case when measure = 'ensure_smart_foundations' then mean_of_providers end
    ) as ensure_smart_foundations,
    max(case when measure = 'safe_practice' then mean_of_providers end) as safe_practice,
    max(case when measure = 'support_workforce' then mean_of_providers end) as support_workforce,
    max(case when measure = 'empower_people' then mean_of_providers end) as empower_people,
    max(case when measure = 'improve_care' then mean_of_providers end) as improve_care,
    max(case when measure = 'healthy_populations' then mean_of_providers end) as healthy_populations
from places
group by region, board, icb_code
order by region, icb_code <> '', board
