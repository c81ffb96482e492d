-- purpose: what the headline of a trust says of its type, place, scores and record system
-- grain: organisation of today
with newest as (
    select max(edition) as edition
    from maturity_change
),

scores as (
    select
        changes.org_code,
        list(
            row(
                changes.care_setting,
                changes.period_before,
                changes.score_change,
                changes.band,
                changes.comparable,
                changes.boundary_changed
            )
            order by changes.care_setting
        ) as found
    from maturity_change as changes
    inner join newest on changes.edition = newest.edition
    group by changes.org_code
),

memberships as (
    select
        current_org_code,
        list(
            row(
                programme,
                role,
                care_setting,
                start_date,
                end_date,
                accredited_on,
                basis,
                inherited_status,
                inherited_through
            )
            order by start_date, programme, role, org_code
        ) as found
    from programme_membership_current
    where current_org_code is not null
    group by current_org_code
)

select
    profile.org_code,
    profile.organisation_type,
    profile.legal_form,
    profile.region,
    profile.dma_period,
    profile.dma_merged_since,
    profile.dma_overall_acute,
    profile.dma_overall_ambulance,
    profile.dma_overall_community,
    profile.dma_overall_mental_health,
    scores.found as changes,
    memberships.found as memberships,
    profile.has_epr,
    profile.epr_supplier,
    profile.epr_as_of_date,
    profile.epr_merged_since
from trust_profile as profile
left join scores on profile.org_code = scores.org_code
left join memberships on profile.org_code = memberships.current_org_code
order by profile.org_code
