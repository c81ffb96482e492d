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
    places.board as place,
    places.region,
    places.icb_code,
    max(case when places.measure = 'overall_comparable' then places.board_score end) as own_overall,
    max(case when places.measure = 'before' then places.board_score end) as own_overall_before,
    max(case when places.measure = 'overall_comparable' then places.n_providers end) as trusts,
    max(
        case when places.measure = 'overall_comparable' then places.mean_of_providers end
    ) as mean_overall_of_trusts,
    max(case when places.measure = 'well_led' then places.board_score end) as well_led,
    max(
        case when places.measure = 'ensure_smart_foundations' then places.board_score end
    ) as ensure_smart_foundations,
    max(case when places.measure = 'safe_practice' then places.board_score end) as safe_practice,
    max(case when places.measure = 'support_workforce' then places.board_score end) as support_workforce,
    max(case when places.measure = 'empower_people' then places.board_score end) as empower_people,
    max(case when places.measure = 'improve_care' then places.board_score end) as improve_care,
    max(case when places.measure = 'healthy_populations' then places.board_score end) as healthy_populations,
    (
        select
            list_sort(
                list(
                    distinct origin(
                        scores,
                        case
                            when scores.measure = 'overall_comparable' then 'Own overall and Own, year before'
                            else 'the pillars'
                        end
                    )
                )
            )
        from icb_score as scores
        where scores.icb_code = places.icb_code and scores.edition = newest.edition
    ) as read_from,
    'all' as care_setting,
    newest.edition,
    newest.edition as period, -- noqa: RF04
    'overall_comparable' as measure
from places
cross join newest
group by places.region, places.board, places.icb_code, newest.edition
order by places.region, places.icb_code <> '', places.board
