-- purpose: every maturity score of a trust of today and of those that became it, side by side
-- grain: organisation of today
-- key: org_code
-- rounding: 1e-12 is added, so that a half is rounded up in databases that divide as decimals or as floats
-- alone: a number is given only where one organisation was open in the round and became the one of today
with members as (
    select
        ways.current_org_code,
        ways.org_code,
        trust.open_date,
        trust.close_date,
        case when ways.relation = 'part_by_split' then ' (split)' else '' end as part
    from organisation_current as ways
    inner join organisation as trust on ways.org_code = trust.org_code
    where ways.current_org_code is not null
),

rounds as (
    select
        instrument,
        period,
        min(period_start) as first_day,
        max(period_end) as last_day
    from maturity_score
    group by instrument, period
),

beginning as (
    select min(first_day) as first_day
    from rounds
),

behind as (
    select
        members.current_org_code,
        rounds.instrument,
        rounds.period,
        count(*) as n
    from members
    inner join rounds
        on
            members.open_date <= rounds.last_day
            and coalesce(members.close_date >= rounds.first_day, true)
    group by members.current_org_code, rounds.instrument, rounds.period
),

newest as (
    select
        instrument,
        period,
        max(edition) as edition
    from maturity_score
    group by instrument, period
),

answered_apart as (
    select distinct
        org_code,
        period
    from maturity_score
    where instrument = 'DMSA' and care_setting <> 'whole_organisation'
),

scores as (
    select
        members.current_org_code,
        found.org_code,
        found.period,
        case
            when found.instrument = 'DMSA' then found.measure
            else found.care_setting
        end as score_of,
        found.score,
        apart.org_code is not null
        and found.measure in ('capabilities', 'capabilities_common_sections') as of_a_part,
        members.part,
        case found.instrument
            when 'DMSA' then cast(cast(found.score + 1e-12 as decimal(9, 1)) as varchar)
            else cast(cast(found.score + 1e-12 as decimal(9, 2)) as varchar)
        end as score_text,
        behind.n = 1 as is_alone
    from maturity_score as found
    inner join newest
        on
            found.instrument = newest.instrument
            and found.period = newest.period
            and found.edition = newest.edition
    inner join members on found.org_code = members.org_code
    inner join behind
        on
            members.current_org_code = behind.current_org_code
            and found.instrument = behind.instrument
            and found.period = behind.period
    left join answered_apart as apart
        on found.org_code = apart.org_code and found.period = apart.period and found.instrument = 'DMSA'
    where
        found.score is not null
        and (
            (
                found.instrument = 'DMSA'
                and found.care_setting = 'whole_organisation'
                and found.measure in (
                    'readiness', 'capabilities', 'capabilities_common_sections', 'infrastructure'
                )
            )
            or (found.instrument = 'DMA' and found.measure = 'overall_comparable')
        )
),

numbers as (
    select
        current_org_code,
        period,
        score_of,
        case when count(*) = 1 then max(case when is_alone and not of_a_part then score end) end as score,
        string_agg(
            org_code || ' ' || score_text || part || case when of_a_part then ' (in part)' else '' end,
            '; ' order by org_code
        ) as each_score
    from scores
    group by current_org_code, period, score_of
),

wide as (
    select
        current_org_code,
        max(case when period = '2015/16' and score_of = 'readiness' then score end)
            as dmsa_2015_16_readiness,
        max(case when period = '2015/16' and score_of = 'readiness' then each_score end)
            as dmsa_2015_16_readiness_of_each,
        max(case when period = '2015/16' and score_of = 'capabilities' then score end)
            as dmsa_2015_16_capabilities,
        max(case when period = '2015/16' and score_of = 'capabilities' then each_score end)
            as dmsa_2015_16_capabilities_of_each,
        max(case when period = '2015/16' and score_of = 'capabilities_common_sections' then score end)
            as dmsa_2015_16_capabilities_common_sections,
        max(case when period = '2015/16' and score_of = 'capabilities_common_sections' then each_score end)
            as dmsa_2015_16_capabilities_common_sections_of_each,
        max(case when period = '2015/16' and score_of = 'infrastructure' then score end)
            as dmsa_2015_16_infrastructure,
        max(case when period = '2015/16' and score_of = 'infrastructure' then each_score end)
            as dmsa_2015_16_infrastructure_of_each,
        max(case when period = '2017' and score_of = 'readiness' then score end)
            as dmsa_2017_readiness,
        max(case when period = '2017' and score_of = 'readiness' then each_score end)
            as dmsa_2017_readiness_of_each,
        max(case when period = '2017' and score_of = 'capabilities' then score end)
            as dmsa_2017_capabilities,
        max(case when period = '2017' and score_of = 'capabilities' then each_score end)
            as dmsa_2017_capabilities_of_each,
        max(case when period = '2017' and score_of = 'capabilities_common_sections' then score end)
            as dmsa_2017_capabilities_common_sections,
        max(case when period = '2017' and score_of = 'capabilities_common_sections' then each_score end)
            as dmsa_2017_capabilities_common_sections_of_each,
        max(case when period = '2017' and score_of = 'infrastructure' then score end)
            as dmsa_2017_infrastructure,
        max(case when period = '2017' and score_of = 'infrastructure' then each_score end)
            as dmsa_2017_infrastructure_of_each,
        max(case when period = '2024' and score_of = 'acute' then score end)
            as dma_2024_acute,
        max(case when period = '2024' and score_of = 'acute' then each_score end)
            as dma_2024_acute_of_each,
        max(case when period = '2024' and score_of = 'community' then score end)
            as dma_2024_community,
        max(case when period = '2024' and score_of = 'community' then each_score end)
            as dma_2024_community_of_each,
        max(case when period = '2024' and score_of = 'mental_health' then score end)
            as dma_2024_mental_health,
        max(case when period = '2024' and score_of = 'mental_health' then each_score end)
            as dma_2024_mental_health_of_each,
        max(case when period = '2024' and score_of = 'ambulance' then score end)
            as dma_2024_ambulance,
        max(case when period = '2024' and score_of = 'ambulance' then each_score end)
            as dma_2024_ambulance_of_each,
        max(case when period = '2025' and score_of = 'acute' then score end)
            as dma_2025_acute,
        max(case when period = '2025' and score_of = 'acute' then each_score end)
            as dma_2025_acute_of_each,
        max(case when period = '2025' and score_of = 'community' then score end)
            as dma_2025_community,
        max(case when period = '2025' and score_of = 'community' then each_score end)
            as dma_2025_community_of_each,
        max(case when period = '2025' and score_of = 'mental_health' then score end)
            as dma_2025_mental_health,
        max(case when period = '2025' and score_of = 'mental_health' then each_score end)
            as dma_2025_mental_health_of_each,
        max(case when period = '2025' and score_of = 'ambulance' then score end)
            as dma_2025_ambulance,
        max(case when period = '2025' and score_of = 'ambulance' then each_score end)
            as dma_2025_ambulance_of_each
    from numbers
    group by current_org_code
),

counted as (
    select
        current_org_code,
        cast(max(case when period = '2015/16' then n end) as integer) as n_organisations_2015_16,
        cast(max(case when period = '2017' then n end) as integer) as n_organisations_2017,
        cast(max(case when period = '2024' then n end) as integer) as n_organisations_2024,
        cast(max(case when period = '2025' then n end) as integer) as n_organisations_2025
    from behind
    group by current_org_code
),

constituents as (
    select
        members.current_org_code,
        string_agg(members.org_code, ' ' order by members.org_code) as org_codes,
        cast(count(*) as integer) as n,
        count(*) filter (
            where
            members.org_code <> members.current_org_code
            and coalesce(members.close_date >= beginning.first_day, true)
        ) as n_others_since
    from members
    cross join beginning
    group by members.current_org_code
),

gave_away as (
    select distinct steps.predecessor_code as org_code
    from organisation_succession as steps
    inner join beginning on steps.succession_date >= beginning.first_day
),

roles as (
    select
        current_org_code as org_code,
        role,
        org_code as held_by,
        inherited_status,
        inherited_since,
        row_number() over (
            partition by current_org_code
            order by
                case role when 'exemplar' then 1 else 2 end,
                case when org_code = current_org_code then 1 else 2 end,
                org_code
        ) as place
    from programme_membership_current
    where
        programme = 'GDE'
        and current_org_code is not null
        and inherited_status in ('same', 'absorbed_member', 'enlarged_by_non_member')
)

select
    trust.org_name,
    trust.org_display_name,
    trust.org_code,
    trust.region,
    constituents.org_codes as constituent_codes,
    constituents.n as n_constituents,
    trust.open_date <= beginning.first_day
    and constituents.n_others_since = 0
    and gave_away.org_code is null as same_body_since_2015_16,
    coalesce(roles.role, 'no_known_programme') as programme_role,
    roles.held_by as programme_through,
    roles.inherited_status as programme_status,
    roles.inherited_since as programme_since,
    counted.n_organisations_2015_16,
    counted.n_organisations_2017,
    counted.n_organisations_2024,
    counted.n_organisations_2025,
    wide.dmsa_2015_16_readiness,
    wide.dmsa_2015_16_readiness_of_each,
    wide.dmsa_2015_16_capabilities,
    wide.dmsa_2015_16_capabilities_of_each,
    wide.dmsa_2015_16_capabilities_common_sections,
    wide.dmsa_2015_16_capabilities_common_sections_of_each,
    wide.dmsa_2015_16_infrastructure,
    wide.dmsa_2015_16_infrastructure_of_each,
    wide.dmsa_2017_readiness,
    wide.dmsa_2017_readiness_of_each,
    wide.dmsa_2017_capabilities,
    wide.dmsa_2017_capabilities_of_each,
    wide.dmsa_2017_capabilities_common_sections,
    wide.dmsa_2017_capabilities_common_sections_of_each,
    wide.dmsa_2017_infrastructure,
    wide.dmsa_2017_infrastructure_of_each,
    wide.dma_2024_acute,
    wide.dma_2024_acute_of_each,
    wide.dma_2024_community,
    wide.dma_2024_community_of_each,
    wide.dma_2024_mental_health,
    wide.dma_2024_mental_health_of_each,
    wide.dma_2024_ambulance,
    wide.dma_2024_ambulance_of_each,
    wide.dma_2025_acute,
    wide.dma_2025_acute_of_each,
    wide.dma_2025_community,
    wide.dma_2025_community_of_each,
    wide.dma_2025_mental_health,
    wide.dma_2025_mental_health_of_each,
    wide.dma_2025_ambulance,
    wide.dma_2025_ambulance_of_each
from wide
inner join organisation as trust on wide.current_org_code = trust.org_code
inner join counted on wide.current_org_code = counted.current_org_code
inner join constituents on wide.current_org_code = constituents.current_org_code
cross join beginning
left join gave_away on wide.current_org_code = gave_away.org_code
left join roles on wide.current_org_code = roles.org_code and roles.place = 1
where trust.is_current and trust.in_scope
