-- purpose: inputs of a study of technical efficiency of acute trusts in 2024/25, and why a trust is excluded
-- grain: organisation (open on 31 March 2025, acute by its primary type or assessed as acute in 2025)
-- key: org_code
with scores as (
    select
        org_code,
        max(case when measure = 'well_led' then score end) as well_led,
        max(case when measure = 'ensure_smart_foundations' then score end) as ensure_smart_foundations,
        max(case when measure = 'safe_practice' then score end) as safe_practice,
        max(case when measure = 'support_workforce' then score end) as support_workforce,
        max(case when measure = 'empower_people' then score end) as empower_people,
        max(case when measure = 'improve_care' then score end) as improve_care,
        max(case when measure = 'healthy_populations' then score end) as healthy_populations,
        max(case when measure = 'overall_comparable' then score end) as overall_comparable,
        max(case when measure = 'pillar_mean_derived' then score end) as pillar_mean_derived
    from maturity_score
    where instrument = 'DMA' and edition = '2025' and period = '2025' and care_setting = 'acute'
    group by org_code
),

accounts as (
    select
        org_code,
        count(distinct org_name_as_published) as sets_of_accounts,
        max(case when measure = 'wte_medical_and_dental' then value end) as wte_medical_and_dental,
        max(case when measure = 'wte_ambulance' then value end) as wte_ambulance,
        max(case when measure = 'wte_administration_and_estates' then value end)
            as wte_administration_and_estates,
        max(case when measure = 'wte_healthcare_assistants_and_other_support' then value end)
            as wte_healthcare_assistants_and_other_support,
        max(case when measure = 'wte_nursing_midwifery_and_health_visiting' then value end)
            as wte_nursing_midwifery_and_health_visiting,
        max(case when measure = 'wte_nursing_midwifery_and_health_visiting_learners' then value end)
            as wte_nursing_midwifery_and_health_visiting_learners,
        max(case when measure = 'wte_scientific_therapeutic_and_technical' then value end)
            as wte_scientific_therapeutic_and_technical,
        max(case when measure = 'wte_healthcare_science' then value end) as wte_healthcare_science,
        max(case when measure = 'wte_social_care' then value end) as wte_social_care,
        max(case when measure = 'wte_other' then value end) as wte_other,
        max(case when measure = 'wte_total' then value end) as wte_total,
        cast(max(case when measure = 'operating_expenses' then value end) as bigint)
            as operating_expenses_gbp,
        cast(max(case when measure = 'staff_costs' then value end) as bigint) as staff_costs_gbp,
        cast(max(case when measure = 'surplus' then value end) as bigint) as surplus_gbp,
        cast(max(case when measure = 'net_book_value' then value end) as bigint) as net_book_value_gbp
    from denominator
    where source = 'tac' and fy_end_year = 2025
    group by org_code
),

spend as (
    select
        org_code,
        cast(sum(narrow_gbp) as bigint) as narrow_gbp
    from it_spend
    where fy_end_year = 2025
    group by org_code
    having count(narrow_gbp) = count(*)
),

types as (
    select
        org_code,
        scheme,
        type,
        source || ' ' || edition as read_in,
        as_of_date >= date '2024-03-31' as is_of_the_time,
        row_number() over (
            partition by org_code, scheme
            order by abs(as_of_date - date '2025-03-31'), source asc, edition desc
        ) as place
    from organisation_type
    where scheme in ('primary_type', 'acute_subtype')
),

considered as (
    select
        trust.org_code,
        trust.org_name,
        trust.org_display_name,
        trust.region,
        trust.icb_code,
        today.current_org_code,
        subtypes.type as acute_subtype,
        subtypes.read_in as acute_subtype_read_in,
        case when scores.org_code is null then 'no acute DMA score in 2025' end as no_score,
        case
            when primary_types.type is null then 'no primary type is known'
            when primary_types.type <> 'acute' then 'its primary type is ' || primary_types.type
        end as no_acute_trust,
        case
            when subtypes.is_of_the_time and subtypes.type in ('specialist', 'multi_service')
                then 'its subtype is ' || subtypes.type
        end as another_subtype,
        case
            when subtypes.is_of_the_time is null or not subtypes.is_of_the_time
                then
                    'subtype waits for a fetch of eric 2023/24 or later, the newest held is '
                    || coalesce(subtypes.read_in, 'none')
        end as subtype_unknown,
        case
            when accounts.org_code is null then 'inputs wait for a fetch of tac 2024/25'
            when accounts.sets_of_accounts > 1 then 'several accounts of parts of the year'
        end as no_accounts
    from organisation as trust
    inner join organisation_current_main as today on trust.org_code = today.org_code
    left join types as primary_types
        on
            trust.org_code = primary_types.org_code
            and primary_types.scheme = 'primary_type'
            and primary_types.place = 1
    left join types as subtypes
        on
            trust.org_code = subtypes.org_code
            and subtypes.scheme = 'acute_subtype'
            and subtypes.place = 1
    left join scores on trust.org_code = scores.org_code
    left join accounts on trust.org_code = accounts.org_code
    where
        trust.in_scope
        and trust.open_date <= date '2025-03-31'
        and coalesce(trust.close_date, date '2025-03-31') >= date '2025-03-31'
        and (primary_types.type = 'acute' or scores.org_code is not null)
)

select
    considered.org_name,
    considered.org_display_name,
    considered.org_code,
    considered.current_org_code,
    considered.region,
    considered.icb_code,
    considered.acute_subtype,
    considered.acute_subtype_read_in,
    case
        when
            coalesce(considered.no_score, considered.no_acute_trust, considered.another_subtype) is not null
            then false
        when coalesce(considered.subtype_unknown, considered.no_accounts) is null then true
    end as is_included,
    nullif(
        concat_ws('; ', considered.no_score, considered.no_acute_trust, considered.another_subtype), ''
    ) as excluded_because,
    nullif(concat_ws('; ', considered.subtype_unknown, considered.no_accounts), '') as waits_for,
    scores.well_led,
    scores.ensure_smart_foundations,
    scores.safe_practice,
    scores.support_workforce,
    scores.empower_people,
    scores.improve_care,
    scores.healthy_populations,
    scores.overall_comparable,
    scores.pillar_mean_derived,
    accounts.wte_medical_and_dental,
    accounts.wte_ambulance,
    accounts.wte_administration_and_estates,
    accounts.wte_healthcare_assistants_and_other_support,
    accounts.wte_nursing_midwifery_and_health_visiting,
    accounts.wte_nursing_midwifery_and_health_visiting_learners,
    accounts.wte_scientific_therapeutic_and_technical,
    accounts.wte_healthcare_science,
    accounts.wte_social_care,
    accounts.wte_other,
    accounts.wte_total,
    accounts.staff_costs_gbp,
    accounts.operating_expenses_gbp - accounts.staff_costs_gbp as non_labour_spend_gbp,
    accounts.net_book_value_gbp as physical_capital_gbp,
    accounts.surplus_gbp,
    spend.narrow_gbp as it_capital_narrow_gbp,
    case when considered.no_accounts is null then 'published' else 'x' end as accounts_status,
    'x' as cost_weighted_activity_status,
    'x' as catchment_deprivation_status
from considered
left join scores on considered.org_code = scores.org_code
left join accounts on considered.org_code = accounts.org_code and accounts.sets_of_accounts = 1
left join spend on considered.org_code = spend.org_code
