-- purpose: how many scores rose and fell, of providers that stayed as they were
-- grain: care setting, and one row that counts each provider once by the mean of its settings
with kept as (
    select
        care_setting,
        org_code,
        score_change,
        direction,
        provider_change,
        provider_direction
    from maturity_change
    where not boundary_changed and comparable
),

providers as (
    select distinct
        org_code,
        provider_change,
        provider_direction
    from kept
),

counted as (
    select
        replace(care_setting, '_', ' ') as care_setting,
        count(*) as scores,
        count(*) filter (where direction = 'rose') as rose,
        count(*) filter (where direction = 'fell') as fell,
        count(*) filter (where direction = 'unchanged') as unchanged,
        percentile_cont(0.25) within group (order by score_change) as lower_quartile,
        percentile_cont(0.5) within group (order by score_change) as median_change,
        percentile_cont(0.75) within group (order by score_change) as upper_quartile
    from kept
    group by care_setting
    union all
    select
        'each provider once, the mean of its settings' as care_setting,
        count(*) as scores,
        count(*) filter (where provider_direction = 'rose') as rose,
        count(*) filter (where provider_direction = 'fell') as fell,
        count(*) filter (where provider_direction = 'unchanged') as unchanged,
        percentile_cont(0.25) within group (order by provider_change) as lower_quartile,
        percentile_cont(0.5) within group (order by provider_change) as median_change,
        percentile_cont(0.75) within group (order by provider_change) as upper_quartile
    from providers
)

select
    care_setting,
    scores,
    rose,
    fell,
    unchanged,
    lower_quartile,
    median_change,
    upper_quartile
from counted
order by care_setting like 'each %', care_setting
