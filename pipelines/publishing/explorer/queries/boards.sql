-- purpose: what boards say of their own maturity in the newest year, beside the mean of their providers
-- grain: region (board: all boards), board
with newest as (
    select max(edition) as edition
    from icb_maturity
),

kept as (
    select
        coalesce(boards.region, 'no region') as region,
        boards.icb_code,
        coalesce(
            regexp_replace(boards.icb_name, '^NHS | Integrated Care Board$', '', 'g'), boards.icb_code
        ) as board,
        case when boards.period = newest.edition then boards.measure else 'before' end as measure,
        boards.board_score,
        boards.n_providers,
        boards.mean_of_providers
    from icb_maturity as boards
    inner join newest on boards.edition = newest.edition
    where boards.care_setting = 'all'
),

places as (
    select
        region,
        board,
        icb_code,
        measure,
        board_score,
        n_providers,
        mean_of_providers
    from kept
    union all
    select
        region,
        'All of the region' as board,
        '' as icb_code,
        measure,
        avg(board_score) as board_score,
        sum(n_providers) as n_providers,
        sum(mean_of_providers * n_providers) / sum(n_providers) as mean_of_providers
    from kept
    group by region, measure
)

select
    board as place,
    region,
    icb_code,
    max(case when measure = 'overall_comparable' then board_score end) as own_overall,
    max(case when measure = 'before' then board_score end) as own_overall_before,
    max(case when measure = 'overall_comparable' then n_providers end) as trusts,
    max(case when measure = 'overall_comparable' then mean_of_providers end) as mean_overall_of_trusts,
    max(case when measure = 'well_led' then board_score end) as well_led,
    max(case when measure = 'ensure_smart_foundations' then board_score end) as ensure_smart_foundations,
    max(case when measure = 'safe_practice' then board_score end) as safe_practice,
    max(case when measure = 'support_workforce' then board_score end) as support_workforce,
    max(case when measure = 'empower_people' then board_score end) as empower_people,
    max(case when measure = 'improve_care' then board_score end) as improve_care,
    max(case when measure = 'healthy_populations' then board_score end) as healthy_populations
from places
group by region, board, icb_code
order by region, icb_code <> '', board
