-- purpose: where a provider stands among its peers on each pillar and composite of the newest DMA
-- grain: organisation x care setting x measure
-- key: org_code, care_setting, measure
with newest as (
    select
        max(edition) as edition,
        max(period) as period
    from maturity_score
    where instrument = 'DMA'
),

types as (
    select
        org_code,
        type,
        row_number() over (
            partition by org_code
            order by as_of_date desc, source asc, edition desc
        ) as place
    from organisation_type
    where scheme = 'primary_type'
),

subtypes as (
    select
        org_code,
        type,
        as_of_date,
        source || ' ' || edition as read_in,
        row_number() over (
            partition by org_code
            order by as_of_date desc, source asc, edition desc
        ) as place
    from organisation_type
    where scheme = 'acute_subtype'
),

expenses as (
    select
        org_code,
        fy_end_year,
        sum(value) as operating_expenses
    from denominator
    where measure = 'operating_expenses'
    group by org_code, fy_end_year
    having count(value) = count(*)
),

scores as (
    select
        dma.org_name,
        dma.org_code,
        dma.current_org_code,
        dma.care_setting,
        dma.edition,
        dma.period,
        dma.measure,
        dma.score,
        coalesce(types.type, 'not_known') as peer_type,
        subtypes.type as subtype,
        subtypes.read_in as subtype_read_in,
        subtypes.as_of_date as subtype_as_of_date,
        expenses.fy_end_year,
        expenses.operating_expenses
    from maturity_score as dma
    inner join newest on dma.edition = newest.edition and dma.period = newest.period
    left join types on dma.org_code = types.org_code and types.place = 1
    left join subtypes
        on dma.org_code = subtypes.org_code and subtypes.place = 1 and types.type = 'acute'
    left join expenses
        on dma.org_code = expenses.org_code and expenses.fy_end_year = extract(year from dma.period_start)
    where dma.instrument = 'DMA'
),

sizes as (
    select
        org_code,
        care_setting,
        measure,
        ntile(3) over (
            partition by care_setting, measure, peer_type
            order by operating_expenses, org_code
        ) as third
    from scores
    where operating_expenses is not null
),

banded as (
    select
        scores.org_name,
        scores.org_code,
        scores.current_org_code,
        scores.care_setting,
        scores.edition,
        scores.period,
        scores.measure,
        scores.score,
        scores.peer_type,
        coalesce(
            scores.subtype,
            case sizes.third when 1 then 'small' when 2 then 'medium' when 3 then 'large' end,
            'not_known'
        ) as peer_band,
        case
            when scores.subtype is not null then scores.subtype_read_in
            when sizes.third is not null then 'operating expenses'
        end as peer_band_from,
        case
            when scores.subtype is not null then scores.subtype_as_of_date
            when sizes.third is not null then cast(cast(scores.fy_end_year as varchar) || '-03-31' as date)
        end as peer_band_as_of_date
    from scores
    left join sizes
        on
            scores.org_code = sizes.org_code
            and scores.care_setting = sizes.care_setting
            and scores.measure = sizes.measure
),

groups as (
    select
        care_setting,
        peer_type,
        peer_band,
        measure,
        cast(count(*) as integer) as n_peers,
        cast(min(score) as decimal(9, 4)) as lowest,
        cast(percentile_cont(0.25) within group (order by score) as decimal(9, 4)) as lower_quartile,
        cast(percentile_cont(0.5) within group (order by score) as decimal(9, 4)) as median,
        cast(percentile_cont(0.75) within group (order by score) as decimal(9, 4)) as upper_quartile,
        cast(max(score) as decimal(9, 4)) as highest
    from banded
    group by care_setting, peer_type, peer_band, measure
),

titles as (
    select distinct
        name,
        display_name
    from organisation_name
)

select
    banded.org_name,
    titles.display_name as org_display_name,
    banded.org_code,
    banded.current_org_code,
    banded.care_setting,
    banded.edition,
    banded.period,
    banded.measure,
    banded.score,
    banded.peer_type,
    banded.peer_band,
    banded.peer_band_from,
    banded.peer_band_as_of_date,
    groups.n_peers,
    case
        when groups.n_peers >= 5
            then
                cast(
                    cast(100 as double precision)
                    * (
                        cast(rank() over peers as double precision)
                        - 1
                        + cast(count(*) over ties as double precision) / cast(2 as double precision)
                    )
                    / cast(groups.n_peers as double precision) as decimal(5, 1)
                )
    end as percentile,
    groups.lowest,
    groups.lower_quartile,
    groups.median,
    groups.upper_quartile,
    groups.highest
from banded
inner join groups
    on
        banded.care_setting = groups.care_setting
        and banded.peer_type = groups.peer_type
        and banded.peer_band = groups.peer_band
        and banded.measure = groups.measure
left join titles on banded.org_name = titles.name
window
    peers as (
        partition by banded.care_setting, banded.peer_type, banded.peer_band, banded.measure
        order by banded.score
    ),
    ties as (
        partition by banded.care_setting, banded.peer_type, banded.peer_band, banded.measure, banded.score
    )
