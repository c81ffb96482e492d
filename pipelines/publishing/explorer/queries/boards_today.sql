-- purpose: what is known of the trusts of each integrated care board of today, by headquarters
-- grain: region (no code: all boards), board
with names as (
    select
        icb_code,
        max(regexp_replace(icb_name, '^NHS | Integrated Care Board$', '', 'g')) as board,
        max(icb_gss_code) as icb_gss_code
    from organisation_geography
    group by icb_code
),

kept as (
    select
        coalesce(trusts.region, 'no region') as region,
        coalesce(trusts.icb_code, 'no board') as icb_code,
        coalesce(names.board, trusts.icb_code, 'no board') as board,
        coalesce(names.icb_gss_code, 'not held') as icb_gss_code,
        trusts.epr_answer,
        trusts.frontline_group,
        trusts.dspt_status,
        trusts.programme_role
    from trust_profile as trusts
    left join names on trusts.icb_code = names.icb_code
),

places as (
    select
        region,
        board as place,
        icb_code,
        icb_gss_code,
        epr_answer,
        frontline_group,
        dspt_status,
        programme_role
    from kept
    union all
    select
        region,
        'All of the region' as place,
        '' as icb_code,
        '' as icb_gss_code,
        epr_answer,
        frontline_group,
        dspt_status,
        programme_role
    from kept
)

select
    place,
    region,
    icb_code,
    icb_gss_code,
    count(*) as trusts,
    count(*) filter (where epr_answer = 'yes') as with_record_system,
    count(*) filter (where epr_answer <> 'not_known') as of_those_who_answered,
    count(*) filter (where frontline_group = 3) as with_core_capabilities,
    count(frontline_group) as of_those_in_a_group,
    count(*) filter (where dspt_status in ('standards_met', 'standards_exceeded')) as security_standards_met,
    count(dspt_status) as of_those_with_a_status,
    count(*) filter (where programme_role <> 'no_known_programme') as exemplars_and_followers
from places
group by region, place, icb_code, icb_gss_code
order by region, icb_code <> '', place, icb_code
