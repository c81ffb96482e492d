-- purpose: one row per organisation and financial year: money, staff, beds, maturity, security, ratings
-- grain: organisation (under its code at the time) x financial year
-- key: org_code, fy_end_year
-- rounding: 1e-12 is added, so that a half is rounded up in databases that divide as decimals or as floats
with years as (
    select cast(fy_end_year as integer) as fy_end_year
    from generate_series(2000, 2099) as years (fy_end_year)
),

spend as (
    select
        org_code,
        fy_end_year,
        case when count(narrow_gbp) = count(*) then cast(sum(narrow_gbp) as bigint) end as narrow_gbp,
        case when count(broad_gbp) = count(*) then cast(sum(broad_gbp) as bigint) end as broad_gbp,
        max(case when value_status = 'x' then 2 when value_status = 'b' then 1 else 0 end) as trouble
    from it_spend
    group by org_code, fy_end_year
),

assets as (
    select
        org_code,
        fy_end_year,
        cast(sum(gross_cost_gbp) as bigint) as gross_cost_gbp,
        cast(sum(net_book_value_gbp) as bigint) as net_book_value_gbp
    from it_asset
    group by org_code, fy_end_year
    having count(*) = 1
),

flows as (
    select
        org_code,
        fy_end_year,
        measure,
        cast(sum(value) as bigint) as value_gbp,
        max(evidence_grade) as evidence_grade
    from denominator
    where aggregation = 'flow' and measure_unit = 'GBP'
    group by org_code, fy_end_year, measure
    having count(value) = count(*)
),

staff as (
    select
        org_code,
        fy_end_year,
        max(value) as wte,
        max(evidence_grade) as evidence_grade
    from denominator
    where measure = 'wte_total'
    group by org_code, fy_end_year
    having count(*) = 1
),

beds as (
    select
        org_code,
        fy_end_year,
        cast(
            sum(cast(value as decimal(18, 6)) * months_reported)
            / cast(sum(months_reported) as decimal(18, 6)) + 1e-12 as decimal(12, 2)
        ) as beds,
        cast(sum(months_reported) as integer) as months_reported
    from denominator
    where measure = 'available_general_and_acute_beds' and value is not null and months_reported is not null
    group by org_code, fy_end_year
),

money as (
    select
        org_code,
        fy_end_year,
        max(case when measure = 'operating_income' then value_gbp end) as operating_income_gbp,
        max(case when measure = 'operating_expenses' then value_gbp end) as operating_expenses_gbp,
        max(case when measure = 'staff_costs' then value_gbp end) as staff_costs_gbp,
        max(case when measure = 'surplus' then value_gbp end) as surplus_gbp,
        max(evidence_grade) as evidence_grade
    from flows
    where measure in ('operating_income', 'operating_expenses', 'staff_costs', 'surplus')
    group by org_code, fy_end_year
),

security as (
    select
        org_code,
        fy_end_year,
        status,
        as_of_date,
        row_number() over (
            partition by org_code, fy_end_year
            order by as_of_date desc, edition desc
        ) as place
    from dspt_status
    where fy_end_year is not null
),

quality as (
    select
        org_code,
        cast(extract(year from period_end + interval '9 months') as integer) as fy_end_year,
        cast(
            sum(cast(score as decimal(18, 6))) / cast(count(score) as decimal(18, 6)) + 1e-12 as decimal(9, 2)
        ) as mean_score,
        cast(count(score) as integer) as months
    from dqmi_score
    where dataset = 'all' and not with_diagnostic_imaging and score is not null
    group by org_code, extract(year from period_end + interval '9 months')
),

oversight as (
    select
        org_code,
        segment,
        cast(extract(year from period_end + interval '9 months') as integer) as fy_end_year,
        row_number() over (
            partition by
                org_code,
                extract(year from period_end + interval '9 months')
            order by period_end desc, edition desc
        ) as place
    from oversight_segment
),

maturity as (
    select
        org_code,
        cast(extract(year from period_end + interval '9 months') as integer) as fy_end_year,
        max(case when care_setting = 'acute' then score end) as acute,
        max(case when care_setting = 'community' then score end) as community,
        max(case when care_setting = 'mental_health' then score end) as mental_health,
        max(case when care_setting = 'ambulance' then score end) as ambulance
    from maturity_score
    where
        instrument = 'DMA'
        and measure = 'overall_comparable'
        and edition = (
            select max(newest.edition) from maturity_score as newest
            where newest.instrument = 'DMA' and newest.period = maturity_score.period
        )
    group by org_code, extract(year from period_end + interval '9 months')
),

self_assessment as (
    select
        org_code,
        cast(extract(year from period_end + interval '9 months') as integer) as fy_end_year,
        max(score) filter (
            where care_setting = 'whole_organisation' and measure = 'readiness'
        ) as readiness,
        case
            when count(*) filter (where care_setting <> 'whole_organisation') = 0
                then max(case when measure = 'capabilities_common_sections' then score end)
        end as capabilities_common_sections,
        max(score) filter (
            where care_setting = 'whole_organisation' and measure = 'infrastructure'
        ) as infrastructure
    from maturity_score
    where instrument = 'DMSA'
    group by org_code, extract(year from period_end + interval '9 months')
),

records_systems as (
    select
        org_code,
        has_epr,
        supplier,
        cast(extract(year from as_of_date + interval '9 months') as integer) as fy_end_year,
        row_number() over (
            partition by
                org_code,
                extract(year from as_of_date + interval '9 months')
            order by as_of_date desc, edition desc
        ) as place
    from epr_supplier
),

funding as (
    select
        org_code,
        fy_end_year,
        cast(sum(amount_gbp) as bigint) as amount_gbp
    from digital_funding
    where may_be_summed and org_code is not null
    group by org_code, fy_end_year
),

roles as (
    select
        org_code,
        '>' || path || '>' as way,
        role,
        inherited_since,
        case date_precision
            when 'year' then start_date || '-12-31'
            when 'month' then start_date || '-31'
            else start_date
        end as known_from
    from programme_membership_current
    where programme = 'GDE' and inherited_status in ('same', 'absorbed_member', 'enlarged_by_non_member')
),

types as (
    select
        org_code,
        type,
        row_number() over (
            partition by org_code
            order by as_of_date desc, source asc, edition desc
        ) as place
    from organisation_type
    where scheme = 'primary_type'
),

base_prices as (
    select
        financial_year,
        index_value,
        row_number() over (order by fy_end_year desc) as place
    from deflator
    where is_newest_edition and not is_forecast and index_value is not null
),

prices as (
    select
        deflator.fy_end_year,
        base_prices.financial_year as base_year,
        deflator.edition,
        base_prices.index_value / nullif(deflator.index_value, 0) as factor
    from deflator
    inner join base_prices on base_prices.place = 1
    where deflator.is_newest_edition and deflator.index_value is not null
),

three_years as (
    select
        spend.org_code,
        spend.fy_end_year,
        cast(100 as double precision) * cast(sum(earlier.narrow_gbp) as double precision)
        / cast(sum(earlier_money.operating_expenses_gbp) as double precision) as pct
    from spend
    inner join spend as earlier
        on
            spend.org_code = earlier.org_code
            and earlier.fy_end_year between spend.fy_end_year - 2 and spend.fy_end_year
    inner join money as earlier_money
        on earlier.org_code = earlier_money.org_code and earlier.fy_end_year = earlier_money.fy_end_year
    where earlier.narrow_gbp is not null and earlier_money.operating_expenses_gbp > 0
    group by spend.org_code, spend.fy_end_year
    having count(*) = 3
)

select
    trust.org_name,
    trust.org_display_name,
    trust.org_code,
    today.current_org_code,
    today.current_org_name,
    types.type as organisation_type,
    home.region,
    home.icb_code,
    cast(years.fy_end_year - 1 as varchar)
    || '/'
    || right(cast(years.fy_end_year as varchar), 2) as financial_year,
    years.fy_end_year,
    trust.open_date <= make_date(years.fy_end_year - 1, 4, 1)
    and coalesce(trust.close_date >= make_date(years.fy_end_year, 3, 31), true) as open_all_year,
    spend.narrow_gbp as it_capital_narrow_gbp,
    spend.broad_gbp as it_capital_broad_gbp,
    case
        when spend.org_code is null or spend.trouble = 2 then 'x'
        when spend.trouble = 1 then 'b'
        else 'published'
    end as it_capital_status,
    cast(cast(spend.narrow_gbp as double precision) * prices.factor as bigint) as it_capital_narrow_real_gbp,
    cast(cast(spend.broad_gbp as double precision) * prices.factor as bigint) as it_capital_broad_real_gbp,
    prices.base_year as prices_of,
    prices.edition as deflator_edition,
    case
        when prices.factor is null or coalesce(spend.narrow_gbp, spend.broad_gbp) is null then 'x'
        else 'e'
    end as real_terms_status,
    assets.gross_cost_gbp as it_gross_cost_gbp,
    assets.net_book_value_gbp as it_net_book_value_gbp,
    money.operating_income_gbp,
    money.operating_expenses_gbp,
    money.staff_costs_gbp,
    money.surplus_gbp,
    staff.wte,
    -- of the two grades of accounts, audited and transcribed, the weaker is the greater word
    greatest(money.evidence_grade, staff.evidence_grade) as accounts_evidence_grade,
    beds.beds,
    beds.months_reported as beds_months_reported,
    cast(
        cast(100 as double precision) * cast(spend.narrow_gbp as double precision)
        / cast(nullif(money.operating_expenses_gbp, 0) as double precision) + 1e-12 as decimal(14, 4)
    ) as it_capital_pct_of_operating_expenses,
    cast(three_years.pct + 1e-12 as decimal(14, 4)) as it_capital_pct_over_three_years,
    cast(
        cast(spend.narrow_gbp as double precision) * prices.factor / nullif(staff.wte, 0) as decimal(14, 4)
    ) as it_capital_real_gbp_per_wte,
    cast(
        cast(spend.narrow_gbp as double precision) * prices.factor
        / cast(nullif(beds.beds, 0) as double precision) as decimal(14, 4)
    ) as it_capital_real_gbp_per_bed,
    cast(cast(spend.narrow_gbp as double precision) / nullif(staff.wte, 0) as decimal(14, 4))
        as it_capital_gbp_per_wte,
    cast(
        cast(spend.narrow_gbp as double precision)
        / cast(nullif(beds.beds, 0) as double precision) as decimal(14, 4)
    ) as it_capital_gbp_per_bed,
    records.total_gbp as medical_records_cost_gbp,
    coalesce(records.value_status, 'x') as medical_records_cost_status,
    records.cost_flag as medical_records_cost_flag,
    maturity.acute as dma_overall_acute,
    maturity.community as dma_overall_community,
    maturity.mental_health as dma_overall_mental_health,
    maturity.ambulance as dma_overall_ambulance,
    self_assessment.readiness as dmsa_readiness,
    self_assessment.capabilities_common_sections as dmsa_capabilities_common_sections,
    self_assessment.infrastructure as dmsa_infrastructure,
    records_systems.has_epr,
    case
        when records_systems.has_epr then 'yes'
        when not records_systems.has_epr then 'no'
        else 'not_known'
    end as epr_answer,
    records_systems.supplier as epr_supplier,
    security.status as dspt_status,
    security.as_of_date as dspt_as_of_date,
    quality.mean_score as dqmi_mean_score,
    quality.months as dqmi_months,
    oversight.segment as oversight_segment,
    (
        select rated.rating from cqc_rating as rated
        where
            rated.org_code = trust.org_code
            and rated.question = 'overall'
            and rated.rating is not null
            and rated.rating_published_on <= make_date(years.fy_end_year, 3, 31)
            and exists (
                select 1 from cqc_rating as held
                where
                    held.as_of_date >= make_date(years.fy_end_year, 3, 1)
                    and held.as_of_date < make_date(years.fy_end_year, 7, 1)
            )
        order by rated.rating_published_on desc, rated.edition desc
        limit 1
    ) as cqc_overall,
    (
        select rated.rating from cqc_rating as rated
        where
            rated.org_code = trust.org_code
            and rated.question = 'well_led'
            and rated.rating is not null
            and rated.rating_published_on <= make_date(years.fy_end_year, 3, 31)
            and exists (
                select 1 from cqc_rating as held
                where
                    held.as_of_date >= make_date(years.fy_end_year, 3, 1)
                    and held.as_of_date < make_date(years.fy_end_year, 7, 1)
            )
        order by rated.rating_published_on desc, rated.edition desc
        limit 1
    ) as cqc_well_led,
    coalesce(
        (
            select min(roles.role) from roles
            where
                position('>' || trust.org_code || '>' in roles.way) > 0
                and roles.known_from <= cast(years.fy_end_year as varchar) || '-03-31'
                and (
                    roles.org_code = trust.org_code
                    or roles.inherited_since <= make_date(years.fy_end_year, 3, 31)
                )
        ),
        'no_known_programme'
    ) as programme_role,
    funding.amount_gbp as digital_funding_gbp
from organisation as trust
cross join years
inner join organisation_current_main as today on trust.org_code = today.org_code
left join organisation as home on today.current_org_code = home.org_code
left join types on today.current_org_code = types.org_code and types.place = 1
left join spend on trust.org_code = spend.org_code and years.fy_end_year = spend.fy_end_year
left join assets on trust.org_code = assets.org_code and years.fy_end_year = assets.fy_end_year
left join money on trust.org_code = money.org_code and years.fy_end_year = money.fy_end_year
left join staff on trust.org_code = staff.org_code and years.fy_end_year = staff.fy_end_year
left join beds on trust.org_code = beds.org_code and years.fy_end_year = beds.fy_end_year
left join prices on years.fy_end_year = prices.fy_end_year
left join three_years on trust.org_code = three_years.org_code and years.fy_end_year = three_years.fy_end_year
left join medical_records_cost as records
    on trust.org_code = records.org_code and years.fy_end_year = records.fy_end_year
left join security
    on trust.org_code = security.org_code and years.fy_end_year = security.fy_end_year and security.place = 1
left join quality on trust.org_code = quality.org_code and years.fy_end_year = quality.fy_end_year
left join oversight
    on
        trust.org_code = oversight.org_code
        and years.fy_end_year = oversight.fy_end_year
        and oversight.place = 1
left join maturity on trust.org_code = maturity.org_code and years.fy_end_year = maturity.fy_end_year
left join self_assessment
    on trust.org_code = self_assessment.org_code and years.fy_end_year = self_assessment.fy_end_year
left join records_systems
    on
        trust.org_code = records_systems.org_code
        and years.fy_end_year = records_systems.fy_end_year
        and records_systems.place = 1
left join funding on trust.org_code = funding.org_code and years.fy_end_year = funding.fy_end_year
where
    trust.in_scope
    and coalesce(
        spend.org_code,
        money.org_code,
        beds.org_code,
        case when records.total_gbp is not null then records.org_code end,
        security.org_code,
        quality.org_code,
        oversight.org_code,
        maturity.org_code,
        self_assessment.org_code,
        records_systems.org_code,
        funding.org_code
    ) is not null
