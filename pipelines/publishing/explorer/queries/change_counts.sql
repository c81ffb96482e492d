-- purpose: how many scores rose and fell, of providers that stayed as they were
-- grain: care setting, and one row that counts each provider once by the mean of its settings
-- all_*: with scores that are shared by settings in one year only (levels_differ)
with kept as (
    select
        care_setting,
        org_code,
        score_change,
        direction,
        levels_differ,
        provider_change,
        provider_direction,
        provider_levels_differ
    from maturity_change
    where not boundary_changed and (comparable or levels_differ)
),

providers as (
    select distinct
        org_code,
        provider_change,
        provider_direction,
        provider_levels_differ
    from kept
),

counted as (
    select
        replace(care_setting, '_', ' ') as care_setting,
        score_change as moved,
        direction,
        not levels_differ as is_headline
    from kept
    union all
    select
        'each provider once, the mean of its settings' as care_setting,
        provider_change as moved,
        provider_direction as direction,
        not provider_levels_differ as is_headline
    from providers
)

select
    care_setting,
    count(*) filter (where is_headline) as scores,
    count(*) filter (where is_headline and direction = 'rose') as rose,
    count(*) filter (where is_headline and direction = 'fell') as fell,
    count(*) filter (where is_headline and direction = 'unchanged') as unchanged,
    percentile_cont(0.25) within group (order by moved) filter (where is_headline) as lower_quartile,
    percentile_cont(0.5) within group (order by moved) filter (where is_headline) as median_change,
    percentile_cont(0.75) within group (order by moved) filter (where is_headline) as upper_quartile,
    count(*) as all_scores,
    count(*) filter (where direction = 'rose') as all_rose,
    count(*) filter (where direction = 'fell') as all_fell
from counted
group by care_setting
order by care_setting like 'each %', care_setting
