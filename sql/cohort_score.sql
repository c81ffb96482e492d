-- purpose: every score of an assessment with the cohort it counts for, and whether it is in the matched panel
-- grain: instrument x organisation x care setting x edition x period x measure
-- key: instrument, org_code, care_setting, edition, period, measure
with scores as (
    select
        *,
        case when instrument = 'DMSA' then instrument else instrument || ' ' || edition end as series
    from maturity_score
    where
        score is not null
        and (
            instrument = 'DMA'
            or (
                instrument = 'DMSA'
                and care_setting = 'whole_organisation'
                and measure in (
                    'readiness', 'capabilities', 'capabilities_common_sections',
                    'capabilities_dont_know_missing', 'infrastructure', 'theme_mean_derived'
                )
            )
        )
),

rounds as (
    select
        series,
        min(period_start) as first_day,
        max(period_end) as last_day,
        min(period_end) as first_ends,
        min(period) as first_period,
        max(period) as last_period
    from scores
    group by series
),

assessed as (
    select distinct
        org_code,
        period_end
    from scores
),

members as (
    select
        programme,
        role,
        org_code,
        '>' || path || '>' as way,
        inherited_status,
        inherited_since,
        period_start
    from programme_membership_current
),

roles as (
    select
        assessed.org_code,
        assessed.period_end,
        min(case when members.programme = 'GDE' then members.role end) as gde_role,
        max(
            case
                when
                    members.programme = 'digital_aspirant' and members.period_start <= assessed.period_end
                    then 1
                else 0
            end
        )
            as is_aspirant,
        max(
            case
                when
                    members.programme = 'GDE' and members.org_code = assessed.org_code
                    and (
                        members.inherited_status in ('same', 'part_by_split')
                        or coalesce(members.inherited_since, assessed.period_end) > assessed.period_end
                    )
                    then 1
                else 0
            end
        ) as is_member_itself,
        max(case when members.programme = 'GDE' and members.org_code = assessed.org_code then 1 else 0 end)
            as has_own_role
    from assessed
    left join members
        on
            position('>' || assessed.org_code || '>' in members.way) > 0
            and (
                assessed.org_code = members.org_code
                or (
                    members.inherited_status in ('same', 'absorbed_member', 'enlarged_by_non_member')
                    and coalesce(members.inherited_since, assessed.period_end) <= assessed.period_end
                )
            )
    group by assessed.org_code, assessed.period_end
),

proposed as (
    select distinct org_code
    from programme_candidate
    where programme = 'GDE' and status = 'proposed' and org_code is not null
),

ticked as (
    select
        org_code,
        ', ' || type || ',' as services
    from organisation_type
    where scheme = 'services_ticked' and edition = '2015/16'
),

in_parts as (
    select distinct org_code
    from maturity_score
    where instrument = 'DMSA' and care_setting <> 'whole_organisation'
),

pairs as (
    select
        scores.series,
        scores.org_code,
        scores.care_setting,
        count(distinct scores.period) as n_periods,
        max(case when scores.org_code_as_published <> scores.org_code then 1 else 0 end) as other_code,
        count(distinct case when scores.measure = 'overall_comparable' then scores.shared_score end) as levels
    from scores
    inner join rounds on scores.series = rounds.series
    where scores.period in (rounds.first_period, rounds.last_period)
    group by scores.series, scores.org_code, scores.care_setting
),

taken_over as (
    select distinct
        rounds.series,
        organisation_succession.successor_code as org_code
    from rounds
    inner join organisation_succession
        on
            rounds.last_day >= organisation_succession.succession_date
            and organisation_succession.succession_date
            >= case when rounds.series = 'DMSA' then rounds.first_ends else rounds.first_day end
),

titles as (
    select distinct
        name,
        display_name
    from organisation_name
)

select
    scores.org_name,
    titles.display_name as org_display_name,
    scores.org_code,
    scores.current_org_code,
    scores.current_org_name,
    case
        when roles.gde_role is not null then roles.gde_role
        when roles.is_aspirant = 1 then 'aspirant'
        else 'no_known_programme'
    end as cohort,
    case
        when roles.gde_role is null then null
        when roles.is_member_itself = 1 then 'same'
        when roles.has_own_role = 1 then 'enlarged_by_non_member'
        else 'absorbed_member'
    end as membership,
    proposed.org_code is not null and roles.gde_role is null as is_proposed_follower,
    case
        when scores.instrument = 'DMA' then scores.care_setting
        when position(', acute,' in ticked.services) > 0 then 'acute'
        when position(', mental_health,' in ticked.services) > 0 then 'mental_health'
        when position(', community,' in ticked.services) > 0 then 'community'
        when position(', ambulance,' in ticked.services) > 0 then 'ambulance'
        when scores.organisation_type in ('acute', 'community', 'ambulance') then scores.organisation_type
        when position('mental_health' in scores.organisation_type) > 0 then 'mental_health'
        else 'not_known'
    end as care_type,
    scores.care_setting,
    scores.instrument,
    scores.edition,
    scores.period,
    scores.period_start,
    scores.period_end,
    scores.measure,
    scores.score,
    scores.shared_score,
    case
        when pairs.n_periods < 2 then 'one_round_only'
        when taken_over.org_code is not null then 'boundary_changed'
        when scores.instrument = 'DMSA' and in_parts.org_code is not null then 'answered_by_setting'
        when scores.instrument = 'DMSA' and pairs.other_code = 1 then 'published_under_another_code'
        when pairs.levels > 1 then 'levels_differ'
        else 'matched'
    end as panel
from scores
inner join rounds on scores.series = rounds.series
inner join roles on scores.org_code = roles.org_code and scores.period_end = roles.period_end
inner join pairs
    on
        scores.series = pairs.series
        and scores.org_code = pairs.org_code
        and scores.care_setting = pairs.care_setting
left join taken_over on scores.series = taken_over.series and scores.org_code = taken_over.org_code
left join proposed on scores.org_code = proposed.org_code
left join ticked on scores.org_code = ticked.org_code
left join in_parts on scores.org_code = in_parts.org_code
left join titles on scores.org_name = titles.name
