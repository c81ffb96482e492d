-- purpose: how much the comparable overall DMA score of a provider changed from one year to the next
-- grain: organisation x care setting x edition
-- key: org_code, care_setting, edition
-- rounding: 1e-12 is added, so that a half is rounded up in databases that divide as decimals or as floats
with overall as (
    select
        org_name,
        org_code,
        current_org_code,
        current_org_name,
        organisation_type,
        region,
        care_setting,
        edition,
        period,
        period_start,
        period_end,
        score,
        shared_score
    from maturity_score
    where instrument = 'DMA' and measure = 'overall_comparable'
),

pairs as (
    select
        later.org_name,
        later.org_code,
        later.current_org_code,
        later.current_org_name,
        later.organisation_type,
        later.region,
        later.care_setting,
        later.edition,
        earlier.shared_score as shared_score_before,
        later.shared_score as shared_score_after,
        earlier.period as period_before,
        later.period as period_after,
        earlier.score as score_before,
        later.score as score_after,
        earlier.period_start as span_start,
        later.period_end as span_end
    from overall as later
    inner join overall as earlier
        on
            later.org_code = earlier.org_code
            and later.care_setting = earlier.care_setting
            and later.edition = earlier.edition
            and later.period > earlier.period
),

changes as (
    select
        org_name,
        org_code,
        current_org_code,
        current_org_name,
        organisation_type,
        region,
        care_setting,
        edition,
        shared_score_before,
        shared_score_after,
        shared_score_before <> shared_score_after as levels_differ,
        period_before,
        period_after,
        score_before,
        score_after,
        span_start,
        span_end,
        cast(score_after as decimal(12, 9)) - cast(score_before as decimal(12, 9)) as score_change
    from pairs
),

providers as (
    select
        org_code,
        edition,
        period_after,
        cast(
            sum(score_change) / cast(count(*) as decimal(18, 0)) + 1e-12 as decimal(12, 9)
        ) as provider_change,
        max(case when levels_differ then 1 else 0 end) = 1 as provider_levels_differ
    from changes
    group by org_code, edition, period_after
),

boundaries as (
    select distinct
        changes.org_code,
        changes.edition,
        changes.period_after
    from changes
    inner join organisation_succession
        on
            changes.org_code = organisation_succession.successor_code
            and organisation_succession.succession_date between changes.span_start and changes.span_end
),

titles as (
    select distinct
        name,
        display_name
    from organisation_name
)

select
    changes.org_name,
    titles.display_name as org_display_name,
    changes.org_code,
    changes.current_org_code,
    changes.current_org_name,
    changes.organisation_type,
    changes.region,
    changes.care_setting,
    changes.edition,
    changes.period_before,
    changes.period_after,
    changes.score_before,
    changes.score_after,
    changes.score_change,
    case
        when abs(changes.score_change) <= 0.000000001 then 'unchanged'
        when changes.score_change > 0 then 'rose'
        else 'fell'
    end as direction,
    case
        when changes.score_change >= 0.1 then 'rose'
        when changes.score_change <= -0.1 then 'fell'
        else 'about_the_same'
    end as band,
    providers.provider_change,
    case
        when abs(providers.provider_change) <= 0.000000001 then 'unchanged'
        when providers.provider_change > 0 then 'rose'
        else 'fell'
    end as provider_direction,
    case
        when providers.provider_change >= 0.1 then 'rose'
        when providers.provider_change <= -0.1 then 'fell'
        else 'about_the_same'
    end as provider_band,
    boundaries.org_code is not null as boundary_changed,
    changes.shared_score_before,
    changes.shared_score_after,
    changes.levels_differ,
    providers.provider_levels_differ,
    boundaries.org_code is null and not changes.levels_differ as in_matched_panel,
    case
        when boundaries.org_code is null and not changes.levels_differ then comparability.comparable
        else false
    end as comparable,
    case
        when boundaries.org_code is not null
            then 'The organisation took over another in between: the scores are not about the same trust.'
        when changes.levels_differ
            then 'One year has one score for several care settings, the other one for this setting.'
        else comparability.why
    end as comparable_because
from changes
left join boundaries
    on
        changes.org_code = boundaries.org_code
        and changes.edition = boundaries.edition
        and changes.period_after = boundaries.period_after
inner join providers
    on
        changes.org_code = providers.org_code
        and changes.edition = providers.edition
        and changes.period_after = providers.period_after
left join comparability
    on
        comparability.instrument = 'DMA'
        and comparability.with_instrument = 'DMA'
        and comparability.measure = 'overall_comparable'
        and comparability.with_measure = 'overall_comparable'
        and changes.period_after = comparability.period
        and changes.period_before = comparability.with_period
left join titles on changes.org_name = titles.name
