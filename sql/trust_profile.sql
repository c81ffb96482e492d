-- purpose: one row per current English trust with the latest of everything known about it
-- grain: organisation
-- key: org_code
-- rounding: 1e-12 is added, so that a half is rounded up in databases that divide as decimals or as floats
with newest_dma as (
    select max(period) as period
    from maturity_score
    where instrument = 'DMA' and measure = 'overall_comparable'
),

dma as (
    select
        scores.org_code,
        max(scores.period) as period,
        max(case when scores.care_setting = 'acute' then scores.score end) as acute,
        max(case when scores.care_setting = 'community' then scores.score end) as community,
        max(case when scores.care_setting = 'mental_health' then scores.score end) as mental_health,
        max(case when scores.care_setting = 'ambulance' then scores.score end) as ambulance
    from maturity_score as scores
    inner join newest_dma on scores.period = newest_dma.period
    where
        scores.instrument = 'DMA'
        and scores.measure = 'overall_comparable'
        and scores.edition = newest_dma.period
    group by scores.org_code
),

dmsa as (
    select
        org_code,
        period,
        max(score) filter (
            where care_setting = 'whole_organisation' and measure = 'readiness'
        ) as readiness,
        case
            when count(*) filter (where care_setting <> 'whole_organisation') = 0
                then max(case when measure = 'capabilities_common_sections' then score end)
        end as capabilities_common_sections,
        max(score) filter (
            where care_setting = 'whole_organisation' and measure = 'infrastructure'
        ) as infrastructure,
        row_number() over (partition by org_code order by period desc) as place
    from maturity_score
    where instrument = 'DMSA'
    group by org_code, period
),

merged_since as (
    select
        today.current_org_code as org_code,
        string_agg(dma.org_code, ' ' order by dma.org_code) as merged_codes
    from dma
    inner join organisation_current_main as today on dma.org_code = today.org_code
    where today.current_org_code <> today.org_code
    group by today.current_org_code
),

epr as (
    select
        org_code,
        current_org_code,
        has_epr,
        supplier,
        as_of_date,
        row_number() over (
            partition by org_code
            order by as_of_date desc, edition desc
        ) as place
    from epr_supplier
),

epr_merged as (
    select
        current_org_code as org_code,
        string_agg(org_code, ' ' order by org_code) as merged_codes
    from epr
    where place = 1 and current_org_code <> org_code
    group by current_org_code
),

frontline as (
    select
        org_code,
        epr_group,
        epr_status,
        as_of_date,
        row_number() over (partition by org_code order by as_of_date desc, edition desc) as place
    from epr_group
),

platform as (
    select
        org_code,
        max(as_of_date) as as_of_date
    from fdp_status
    group by org_code
),

apart as (
    select distinct
        'dmsa' as what,
        org_code
    from maturity_score
    where instrument = 'DMSA' and score is not null
    union all
    select distinct
        'frontline' as what,
        org_code
    from epr_group
    union all
    select distinct
        'cqc' as what,
        org_code
    from cqc_rating
    where rating is not null
),

-- who was scored, grouped or rated apart and is part of another organisation today
members as (
    select
        today.current_org_code as org_code,
        string_agg(apart.org_code, ' ' order by apart.org_code)
        filter (where apart.what = 'dmsa') as dmsa,
        string_agg(apart.org_code, ' ' order by apart.org_code)
        filter (where apart.what = 'frontline') as frontline,
        string_agg(apart.org_code, ' ' order by apart.org_code)
        filter (where apart.what = 'cqc') as cqc
    from apart
    inner join organisation_current_main as today on apart.org_code = today.org_code
    where today.current_org_code <> today.org_code
    group by today.current_org_code
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
),

types as (
    select
        org_code,
        type,
        row_number() over (partition by org_code order by as_of_date desc, source asc, edition desc) as place
    from organisation_type
    where scheme = 'primary_type'
),

spend as (
    select
        current_org_code as org_code,
        fy_end_year,
        narrow_gbp,
        operating_expenses_gbp,
        value_status,
        constituents_missing,
        row_number() over (
            partition by current_org_code
            order by fy_end_year desc, edition desc
        ) as place
    from it_spend_current
    where allocation = 'whole'
),

records as (
    select
        current_org_code as org_code,
        fy_end_year,
        total_gbp,
        cost_flag,
        constituents_missing,
        row_number() over (
            partition by current_org_code
            order by fy_end_year desc, edition desc
        ) as place
    from medical_records_cost_current
    where allocation = 'whole' and total_gbp is not null
),

security as (
    select
        org_code,
        current_org_code,
        status,
        as_of_date,
        row_number() over (
            partition by org_code
            order by as_of_date desc, edition desc
        ) as place
    from dspt_status
),

security_merged as (
    select
        current_org_code as org_code,
        string_agg(org_code, ' ' order by org_code) as merged_codes
    from security
    where place = 1 and current_org_code <> org_code
    group by current_org_code
),

quality as (
    select
        org_code,
        score,
        reporting_month,
        row_number() over (
            partition by org_code
            order by reporting_month desc, edition desc
        ) as place
    from dqmi_score
    where dataset = 'all' and not with_diagnostic_imaging and score is not null
),

oversight as (
    select
        org_code,
        segment,
        quarter,
        row_number() over (
            partition by org_code
            order by period_end desc, edition desc
        ) as place
    from oversight_segment
),

ratings as (
    select
        org_code,
        question,
        rating,
        rating_published_on,
        row_number() over (
            partition by org_code, question
            order by as_of_date desc, edition desc
        ) as place
    from cqc_rating
),

funding as (
    select
        current_org_code as org_code,
        cast(sum(amount_gbp) as bigint) as amount_gbp
    from digital_funding_current
    where may_be_summed and allocation = 'whole'
    group by current_org_code
)

select
    trust.org_name,
    trust.org_display_name,
    trust.org_code,
    trust.legal_form,
    types.type as organisation_type,
    trust.region_code,
    trust.region,
    trust.icb_code,
    trust.icb_name,
    trust.open_date,
    dma.acute as dma_overall_acute,
    dma.community as dma_overall_community,
    dma.mental_health as dma_overall_mental_health,
    dma.ambulance as dma_overall_ambulance,
    dma.period as dma_period,
    merged_since.merged_codes as dma_merged_since,
    dmsa.readiness as dmsa_readiness,
    dmsa.capabilities_common_sections as dmsa_capabilities_common_sections,
    dmsa.infrastructure as dmsa_infrastructure,
    dmsa.period as dmsa_period,
    members.dmsa as dmsa_merged_since,
    epr.has_epr,
    case when epr.has_epr then 'yes' when not epr.has_epr then 'no' else 'not_known' end as epr_answer,
    epr.supplier as epr_supplier,
    epr.as_of_date as epr_as_of_date,
    epr_merged.merged_codes as epr_merged_since,
    frontline.epr_group as frontline_group,
    frontline.epr_status as frontline_status,
    frontline.as_of_date as frontline_as_of_date,
    members.frontline as frontline_merged_since,
    platform.as_of_date as fdp_listed_on,
    coalesce(roles.role, 'no_known_programme') as programme_role,
    roles.held_by as programme_through,
    roles.inherited_status as programme_status,
    roles.inherited_since as programme_since,
    funding.amount_gbp as digital_funding_gbp,
    spend.narrow_gbp as it_capital_narrow_gbp,
    cast(
        cast(100 as double precision) * cast(spend.narrow_gbp as double precision)
        / cast(nullif(spend.operating_expenses_gbp, 0) as double precision) + 1e-12 as decimal(14, 4)
    ) as it_capital_pct_of_operating_expenses,
    spend.fy_end_year as it_capital_fy_end_year,
    spend.constituents_missing as it_capital_without,
    case
        when spend.narrow_gbp is null then 'x'
        when spend.value_status = 'x' then 'published'
        else spend.value_status
    end as it_capital_status,
    records.total_gbp as medical_records_cost_gbp,
    records.fy_end_year as medical_records_fy_end_year,
    records.constituents_missing as medical_records_without,
    records.cost_flag as medical_records_flag,
    security.status as dspt_status,
    security.as_of_date as dspt_as_of_date,
    security_merged.merged_codes as dspt_merged_since,
    quality.score as dqmi_score,
    quality.reporting_month as dqmi_month,
    oversight.segment as oversight_segment,
    oversight.quarter as oversight_quarter,
    overall.rating as cqc_overall,
    overall.rating_published_on as cqc_overall_published_on,
    well_led.rating as cqc_well_led,
    well_led.rating_published_on as cqc_well_led_published_on,
    members.cqc as cqc_merged_since
from organisation as trust
left join dma on trust.org_code = dma.org_code
left join dmsa on trust.org_code = dmsa.org_code and dmsa.place = 1
left join merged_since on trust.org_code = merged_since.org_code
left join members on trust.org_code = members.org_code
left join epr on trust.org_code = epr.org_code and epr.place = 1
left join epr_merged on trust.org_code = epr_merged.org_code
left join frontline on trust.org_code = frontline.org_code and frontline.place = 1
left join platform on trust.org_code = platform.org_code
left join roles on trust.org_code = roles.org_code and roles.place = 1
left join types on trust.org_code = types.org_code and types.place = 1
left join funding on trust.org_code = funding.org_code
left join spend on trust.org_code = spend.org_code and spend.place = 1
left join records on trust.org_code = records.org_code and records.place = 1
left join security on trust.org_code = security.org_code and security.place = 1
left join security_merged on trust.org_code = security_merged.org_code
left join quality on trust.org_code = quality.org_code and quality.place = 1
left join oversight on trust.org_code = oversight.org_code and oversight.place = 1
left join ratings as overall
    on trust.org_code = overall.org_code and overall.question = 'overall' and overall.place = 1
left join ratings as well_led
    on trust.org_code = well_led.org_code and well_led.question = 'well_led' and well_led.place = 1
where trust.is_current and trust.in_scope
