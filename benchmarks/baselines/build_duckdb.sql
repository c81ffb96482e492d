-- purpose: join the frozen editions in DuckDB, as one analyst would in one script: see build_duckdb.py
create macro normal(name) as array_to_string(
    list_filter(
        string_split(
            replace(
                trim(regexp_replace(regexp_replace(replace(upper(name), '&', ' AND '), '[''\x{2019}\x{2018}]', '', 'g'), '[^A-Z0-9]+', ' ', 'g')),
                'NATIONAL HEALTH SERVICE', 'NHS'
            ),
            ' '
        ),
        lambda word: word not in ('NHS', 'FOUNDATION', 'TRUST', 'FT', 'THE', '')
    ),
    ' '
);
create macro direction(change) as case when abs(change) <= 1e-9 then 'unchanged' when change > 0 then 'rose' else 'fell' end;
create macro edition(path) as split_part(parse_filename(path), '.', 1);

-- trusts through time

create table lists as
select org_code, name, region_code, icb_code, gor_code, open_date, close_date, edition(filename) as edition
from read_csv(getvariable('frozen') || '/ods/*.csv', all_varchar = true, filename = true)
union all by name
select org_code, name, region_code, icb_code, null as gor_code, open_date, close_date, '' as edition
from read_csv(getvariable('curated') || '/care_trusts.csv', all_varchar = true);

create table succession as
from read_csv(getvariable('curated') || '/succession.csv', all_varchar = true);

create table known as
with newest as (select distinct on (org_code) * from lists order by org_code, edition desc)
select
    newest.*, region,
    open_date <= '2026-07-08' and coalesce(close_date, '9999') >= '2026-07-08'
    and org_code not in (select predecessor_code from succession) as is_current -- the list of care trusts tells no later end
from newest
left join read_csv(getvariable('curated') || '/regions.csv', all_varchar = true) using (region_code);

create table today as
with recursive single as (
    select predecessor_code, any_value(successor_code) as successor_code
    from succession where successor_code is not null group by predecessor_code having count(*) = 1
),
way as (
    select org_code, org_code as at_code from known
    union all
    select way.org_code, single.successor_code
    from way
    inner join known on way.at_code = known.org_code and not known.is_current
    inner join single on way.at_code = single.predecessor_code
)
select way.org_code, way.at_code as current_org_code
from way inner join known on way.at_code = known.org_code and known.is_current;

-- scores

create table bearers as
with named as (
    select normal(name) as key, org_code, 1 as place from lists where edition = '2025-07-15'
    union select normal(name), org_code, 2 from lists
    union select normal(name), org_code, 3
    from read_csv(getvariable('curated') || '/aliases.csv', all_varchar = true)
)
select key, place, any_value(org_code) as org_code from named group by key, place having count(*) = 1;

create table published as
select * replace (cast(score as double) as score)
from read_csv(getvariable('frozen') || '/dma/2025.csv', all_varchar = true)
where org_name_as_published is not null; -- boards have rows of their own

create table maturity_score as
with codes as (
    select distinct on (name) name, org_code
    from (select distinct org_name_as_published as name from published)
    inner join bearers on normal(name) = bearers.key
    order by name, place
),
measured as (
    select org_name_as_published, care_setting, measure, period, score from published
    union all
    select org_name_as_published, care_setting, 'pillar_mean_derived', period, round(avg(score), 6)
    from published where measure <> 'overall_comparable' group by all
),
answers as (
    select org_name_as_published, care_setting, period, list(score order by measure) as pillars
    from published where measure <> 'overall_comparable' group by all
)
select
    codes.org_code, care_setting, measure, period, org_name_as_published, current_org_code, score,
    count(*) over (
        partition by org_name_as_published, measure, period,
        case when measure = 'overall_comparable' then [score] else pillars end
    ) > 1 as shared_score
from measured
left join answers using (org_name_as_published, care_setting, period)
left join codes on org_name_as_published = codes.name
left join today on codes.org_code = today.org_code;

create table maturity_change as
with pairs as (
    select
        org_code, care_setting,
        round(max(score) filter (where period = '2024'), 9) as score_before,
        round(max(score) filter (where period = '2025'), 9) as score_after
    from maturity_score where measure = 'overall_comparable' group by all having count(*) = 2
),
moved as (select *, round(score_after - score_before, 9) as score_change from pairs),
both_ways as (
    select *, round(avg(score_change) over (partition by org_code) + 1e-12, 9) as provider_change from moved
)
select
    *, direction(score_change) as direction, direction(provider_change) as provider_direction,
    org_code in (
        select successor_code from succession where succession_date between '2024-01-01' and '2025-06-30'
    ) as boundary_changed
from both_ways;

-- the trusts of today

create table suppliers as
from read_csv(getvariable('frozen') || '/epr/*.csv', all_varchar = true);

create table returned as
select org_code_as_published, edition(filename) as edition, cast(total_gbp as double) as total_gbp
from read_csv(getvariable('frozen') || '/eric/*.csv', all_varchar = true, filename = true);

create table trust_profile as
with dma as (
    pivot (from maturity_score where measure = 'overall_comparable' and period = '2025')
    on care_setting in ('acute', 'community', 'mental_health', 'ambulance') using any_value(score) group by org_code
),
security as (
    select distinct on (org_code_as_published) org_code_as_published as org_code, status, edition(filename) as as_of_date
    from read_csv(getvariable('frozen') || '/dspt/*.csv', all_varchar = true, filename = true)
    order by org_code_as_published, as_of_date desc
),
records as (
    select distinct on (current_org_code) current_org_code as org_code, sum(total_gbp) as total_gbp, edition
    from returned inner join today on org_code_as_published = org_code
    group by current_org_code, edition having sum(total_gbp) is not null
    order by current_org_code, edition desc
)
select
    known.org_code, name as org_name, region, icb_code, open_date,
    dma.acute as dma_overall_acute, dma.community as dma_overall_community,
    dma.mental_health as dma_overall_mental_health, dma.ambulance as dma_overall_ambulance,
    case when dma.org_code is not null then '2025' end as dma_period,
    has_epr, supplier as epr_supplier, security.status as dspt_status, security.as_of_date as dspt_as_of_date,
    cast(records.total_gbp as bigint) as medical_records_cost_gbp,
    cast(left(records.edition, 4) as integer) + 1 as medical_records_fy_end_year
from known
left join dma on known.org_code = dma.org_code
left join suppliers on known.org_code = org_code_as_published
left join security on known.org_code = security.org_code
left join records on known.org_code = records.org_code
where is_current and gor_code is distinct from 'W';

-- what must hold

create table checked as
select 'a trust once in a list' as what, not exists (select 1 from lists group by org_code, edition having count(*) > 1) as holds
union all select 'scores from 1 to 5', (select bool_and(score between 1 and 5) from published)
union all select 'one score per provider, setting, measure and year',
    not exists (select 1 from published group by org_name_as_published, care_setting, measure, period having count(*) > 1)
union all select 'every measure', (select count(distinct measure) = 8 from published)
union all select '190 to 215 providers', (select count(distinct org_name_as_published) between 190 and 215 from published)
union all select 'a code for every name', (select count(*) = count(org_code) from maturity_score)
union all select 'a trust once in the list of suppliers',
    not exists (select 1 from suppliers group by org_code_as_published having count(*) > 1)
union all select 'a trust once in a year', not exists (select 1 from returned group by org_code_as_published, edition having count(*) > 1)
union all select 'no negative cost', (select coalesce(min(total_gbp) >= 0, true) from returned)
union all select 'each trust of today once, 190 to 215 of them',
    (select count(*) = count(distinct org_code) and count(*) between 190 and 215 from trust_profile);
