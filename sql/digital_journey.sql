-- purpose: the dated events of each English trust of today, in order, each with where it was read
-- grain: organisation of today x event
-- key: current_org_code, event_date, event_number
-- rounding: 1e-12 is added, so that a half is rounded up in databases that divide as decimals or as floats
-- once: an event belongs to the main successor of the organisation it is about: a split doubles nothing
with programme_names as (
    select
        programme,
        role,
        role_name
    from (
        values
        ('GDE', 'exemplar', 'an exemplar of the Global Digital Exemplar programme'),
        ('GDE', 'fast_follower', 'a fast follower of the Global Digital Exemplar programme'),
        ('digital_aspirant', 'aspirant', 'a Digital Aspirant'),
        ('digital_aspirant', 'aspirant_seed', 'a Digital Aspirant with a seed award')
    ) as titles (programme, role, role_name)
),

members as (
    select
        membership.current_org_code,
        membership.org_code,
        membership.org_name,
        membership.start_date,
        membership.date_precision,
        membership.accredited_on,
        membership.accreditation_url,
        membership.status,
        membership.care_setting,
        membership.source_url,
        membership.source,
        membership.edition,
        membership.source_file_sha256,
        membership.source_sheet,
        membership.source_row,
        membership.evidence_grade,
        titles.role_name
        || coalesce(' for ' || replace(membership.care_setting, '_', ' ') || ' care', '') as named_as,
        case
            when membership.basis = 'inferred' then ', as inferred: the page does not name it'
            else ''
        end as how_known
    from programme_membership as membership
    inner join programme_names as titles
        on membership.programme = titles.programme and membership.role = titles.role
    inner join organisation_current_main as ways on membership.org_code = ways.org_code
    -- whoever took over a part of a member is no member
    where ways.relation <> 'part_by_split'
),

last_days as (
    select
        edition,
        max(period_end) as last_day
    from maturity_score
    where instrument = 'DMA'
    group by edition
),

boundary_changed as (
    select distinct
        scores.org_code,
        scores.edition,
        scores.period
    from maturity_score as scores
    inner join last_days on scores.edition = last_days.edition
    inner join organisation_succession as steps
        on
            scores.org_code = steps.successor_code
            and steps.succession_date between scores.period_start and last_days.last_day
    where scores.instrument = 'DMA' and scores.period_end < last_days.last_day
),

answered_apart as (
    select distinct
        org_code,
        period
    from maturity_score
    where instrument = 'DMSA' and care_setting <> 'whole_organisation'
),

years_alike as (
    select
        later.org_code,
        later.fy_end_year,
        later.edition,
        later.total_gbp - earlier.total_gbp as change_gbp
    from medical_records_cost as later
    inner join medical_records_cost as earlier
        on later.org_code = earlier.org_code and later.fy_end_year = earlier.fy_end_year + 1
    inner join organisation as trust on later.org_code = trust.org_code
    where
        later.cost_flag is null
        and earlier.cost_flag is null
        -- ten times as much or more is another unit or another count
        and greatest(later.total_gbp, earlier.total_gbp) < 10 * least(later.total_gbp, earlier.total_gbp)
        and trust.open_date <= earlier.period_start
        and coalesce(trust.close_date >= later.period_end, true)
        and not exists (
            select 1 from organisation_succession as steps
            where
                later.org_code in (steps.successor_code, steps.predecessor_code)
                and steps.succession_date > earlier.period_start
                and steps.succession_date <= later.period_end
        )
),

changes as (
    select
        org_code,
        fy_end_year,
        edition,
        max(change_gbp) as change_gbp
    from years_alike
    group by org_code, fy_end_year, edition
    having count(*) = 1
),

expenses as (
    select
        org_code,
        source,
        edition,
        period_start,
        period_end,
        max(value) as expenses_gbp,
        max(evidence_grade) as evidence_grade
    from denominator
    where measure = 'operating_expenses' and value > 0
    group by org_code, source, edition, period_start, period_end
    having count(*) = 1
),

events as (
    select
        current_org_code,
        cast(left(start_date || '-01-01', 10) as date) as event_date,
        date_precision,
        'stated' as date_basis,
        1 as type_place,
        0 as tie,
        'programme' as event_type,
        'was named as ' || named_as || how_known as words,
        care_setting,
        cast(null as double precision) as amount,
        cast(null as varchar) as amount_unit,
        cast(null as double precision) as amount_change,
        status,
        org_code,
        org_name,
        cast(null as varchar) as predecessor_code,
        cast(null as varchar) as predecessor_name,
        source_url,
        source,
        edition,
        source_file_sha256,
        source_sheet,
        source_row,
        evidence_grade
    from members
    union all
    select
        current_org_code,
        cast(left(accredited_on || '-01-01', 10) as date) as event_date,
        case length(accredited_on) when 10 then 'day' when 7 then 'month' else 'year' end as date_precision,
        'stated' as date_basis,
        2 as type_place,
        0 as tie,
        'accreditation' as event_type,
        'was accredited as ' || named_as as words,
        care_setting,
        null as amount,
        null as amount_unit,
        null as amount_change,
        status,
        org_code,
        org_name,
        null as predecessor_code,
        null as predecessor_name,
        accreditation_url as source_url,
        source,
        edition,
        source_file_sha256,
        source_sheet,
        source_row,
        evidence_grade
    from members
    where accredited_on is not null
    union all
    select
        candidate.current_org_code,
        cast(left(candidate.announced_on || '-01-01', 10) as date) as event_date,
        candidate.date_precision,
        'stated' as date_basis,
        3 as type_place,
        0 as tie,
        'candidacy' as event_type,
        case candidate.status
            when 'withdrawn' then 'was announced as '
            else 'was proposed as '
        end
        || titles.role_name
        || coalesce(' for ' || replace(candidate.care_setting, '_', ' ') || ' care', '')
        || case candidate.status
            when 'withdrawn' then '; withdrawn since, so never a member'
            else '; not known to have joined'
        end as words,
        candidate.care_setting,
        null as amount,
        null as amount_unit,
        null as amount_change,
        candidate.status,
        candidate.org_code,
        candidate.org_name,
        null as predecessor_code,
        null as predecessor_name,
        candidate.source_url,
        candidate.source,
        candidate.edition,
        candidate.source_file_sha256,
        candidate.source_sheet,
        candidate.source_row,
        candidate.evidence_grade
    from programme_candidate as candidate
    inner join programme_names as titles
        on candidate.programme = titles.programme and candidate.role = titles.role
    union all
    select
        current_org_code,
        period_start as event_date,
        'financial_year' as date_precision,
        'period' as date_basis,
        4 as type_place,
        0 as tie,
        'award' as event_type,
        'central award from the programme '
        || replace(replace(programme, 'GDE', 'Global Digital Exemplar'), 'EPMA', 'electronic prescribing')
        || ' for '
        || financial_years
        || case amount_basis
            when 'exact' then ', as printed'
            when 'rounded' then ', a rounded sum'
            when 'up_to' then ': a ceiling, not a receipt'
            when 'withdrawn' then ': withdrawn'
            else ': a total shared by several'
        end as words,
        null as care_setting,
        cast(amount_gbp as double precision) as amount,
        case
            when amount_gbp is null then null
            when may_be_summed then 'GBP'
            else 'GBP at most'
        end as amount_unit,
        null as amount_change,
        amount_basis as status,
        org_code,
        org_name,
        null as predecessor_code,
        null as predecessor_name,
        source_url,
        source,
        edition,
        source_file_sha256,
        source_sheet,
        source_row,
        evidence_grade
    from digital_funding
    union all
    select
        current_org_code,
        period_start as event_date,
        date_precision,
        date_basis,
        5 as type_place,
        0 as tie,
        'epr_event' as event_type,
        case
            when date_basis = 'missed' then 'had planned to go live by then; '
            else ''
        end
        || case event
            when 'supplier_chosen' then 'chose a record system: '
            when 'contract_announced' then 'announced a contract for a record system: '
            when 'contract_start' then 'began a contract for a record system: '
            when 'planned_go_live' then 'planned to go live by then with a record system: '
            when 'deferred' then 'put off going live with a record system: '
            when 'went_live' then 'went live with a record system: '
            when 'live_by' then 'had in use by then a record system: '
            when 'switched_off' then 'switched off a record system: '
            else replace(event, '_', ' ') || ': '
        end
        || case
            when product is null then supplier
            when position(supplier in product) > 0 then product
            else supplier || ' ' || product
        end as words,
        null as care_setting,
        null as amount,
        null as amount_unit,
        null as amount_change,
        event as status,
        org_code,
        org_name,
        null as predecessor_code,
        null as predecessor_name,
        source_url,
        source,
        edition,
        source_file_sha256,
        source_sheet,
        source_row,
        evidence_grade
    from epr_event
    where event_date is not null
    union all
    select
        current_org_code,
        as_of_date as event_date,
        'day' as date_precision,
        'listed' as date_basis,
        6 as type_place,
        0 as tie,
        'epr_supplier' as event_type,
        case
            when has_epr
                then
                    'was listed with an electronic patient record of '
                    || coalesce(supplier, 'a supplier not named')
            else 'was listed without an electronic patient record'
        end as words,
        null as care_setting,
        null as amount,
        null as amount_unit,
        null as amount_change,
        case when has_epr then 'yes' else 'no' end as status,
        org_code,
        org_name,
        null as predecessor_code,
        null as predecessor_name,
        null as source_url,
        source,
        edition,
        source_file_sha256,
        source_sheet,
        source_row,
        evidence_grade
    from epr_supplier
    union all
    select
        current_org_code,
        as_of_date as event_date,
        'day' as date_precision,
        'listed' as date_basis,
        7 as type_place,
        0 as tie,
        'epr_group' as event_type,
        'was listed by Frontline Digitisation '
        || case epr_group
            when 0 then 'in the group without an electronic patient record'
            when 3 then 'in the group with the core capabilities of an electronic patient record'
            else 'in a group between no electronic patient record and one with the core capabilities'
        end
        || coalesce('; ' || replace(epr_status, '_', ' '), '') as words,
        null as care_setting,
        cast(epr_group as double precision) as amount,
        'group 0 to 3' as amount_unit,
        null as amount_change,
        epr_status as status,
        org_code,
        org_name,
        null as predecessor_code,
        null as predecessor_name,
        null as source_url,
        source,
        edition,
        source_file_sha256,
        source_sheet,
        source_row,
        evidence_grade
    from epr_group
    union all
    select
        current_org_code,
        period_start as event_date,
        date_precision,
        date_basis,
        8 as type_place,
        0 as tie,
        'emram_validation' as event_type,
        'was validated by HIMSS on its scale of electronic records, as reported of '
        || org_name_as_published as words,
        null as care_setting,
        cast(stage as double precision) as amount,
        'stage 0 to 7' as amount_unit,
        null as amount_change,
        null as status,
        org_code,
        org_name,
        null as predecessor_code,
        null as predecessor_name,
        source_url,
        source,
        edition,
        source_file_sha256,
        source_sheet,
        source_row,
        evidence_grade
    from emram_validation
    where event_date is not null
    union all
    select
        scores.current_org_code,
        scores.period_start as event_date,
        case
            when scores.period_end - scores.period_start > 300 then 'financial_year'
            else 'three_months'
        end as date_precision,
        'period' as date_basis,
        9 as type_place,
        0 as tie,
        'self_assessment' as event_type,
        'scored its capabilities in the Digital Maturity Self-Assessment of '
        || scores.period
        || case
            when apart.org_code is not null
                then '; care settings answered separately, so there is no score of the whole'
            when scores.score is null then '; no score is held'
            else ', on the sections of both rounds'
        end as words,
        null as care_setting,
        case when apart.org_code is null then scores.score end as amount,
        case
            when apart.org_code is null and scores.score is not null then 'score 0 to 100'
        end as amount_unit,
        null as amount_change,
        null as status,
        scores.org_code,
        scores.org_name,
        null as predecessor_code,
        null as predecessor_name,
        null as source_url,
        scores.source,
        scores.edition,
        scores.source_file_sha256,
        scores.source_sheet,
        scores.source_row,
        scores.evidence_grade
    from maturity_score as scores
    left join answered_apart as apart on scores.org_code = apart.org_code and scores.period = apart.period
    where
        scores.instrument = 'DMSA'
        and scores.measure = 'capabilities_common_sections'
        and scores.care_setting = 'whole_organisation'
    union all
    select
        scores.current_org_code,
        scores.period_start as event_date,
        case
            when scores.period_end - scores.period_start > 300 then 'year'
            else 'three_months'
        end as date_precision,
        'period' as date_basis,
        10 as type_place,
        case scores.care_setting
            when 'acute' then 1
            when 'community' then 2
            when 'mental_health' then 3
            else 4
        end as tie,
        'assessment' as event_type,
        'scored itself overall in the Digital Maturity Assessment of '
        || scores.period
        || ' for '
        || replace(scores.care_setting, '_', ' ')
        || ' care'
        || case when scores.shared_score then ', with one score for several care settings' else '' end
        || case
            when boundary_changed.org_code is not null
                then '; it took over another before the next one: the two are not about the same trust'
            else ''
        end as words,
        scores.care_setting,
        scores.score as amount,
        case when scores.score is not null then 'score 1 to 5' end as amount_unit,
        null as amount_change,
        null as status,
        scores.org_code,
        scores.org_name,
        null as predecessor_code,
        null as predecessor_name,
        null as source_url,
        scores.source,
        scores.edition,
        scores.source_file_sha256,
        scores.source_sheet,
        scores.source_row,
        scores.evidence_grade
    from maturity_score as scores
    left join boundary_changed
        on
            scores.org_code = boundary_changed.org_code
            and scores.edition = boundary_changed.edition
            and scores.period = boundary_changed.period
    where scores.instrument = 'DMA' and scores.measure = 'overall_comparable'
    union all
    select
        current_org_code,
        as_of_date as event_date,
        'day' as date_precision,
        'listed' as date_basis,
        11 as type_place,
        0 as tie,
        'security_status' as event_type,
        case status
            when 'not_published' then 'was listed without a published data security assessment'
            else
                'was listed with a data security status: '
                || replace(status, '_', ' ')
                || coalesce(', standard of ' || standard_year, '')
        end as words,
        null as care_setting,
        null as amount,
        null as amount_unit,
        null as amount_change,
        status,
        org_code,
        org_name,
        null as predecessor_code,
        null as predecessor_name,
        null as source_url,
        source,
        edition,
        source_file_sha256,
        source_sheet,
        source_row,
        evidence_grade
    from dspt_status
    union all
    select
        current_org_code,
        period_start as event_date,
        date_precision,
        date_basis,
        12 as type_place,
        0 as tie,
        'cyber_incident' as event_type,
        case affected
            when 'own_systems' then 'its own systems or data were affected by a cyber incident: '
            when 'through_supplier'
                then 'was affected through a supplier, not breached, in a cyber incident: '
            when 'through_another_trust'
                then 'was affected through another trust, not breached, in a cyber incident: '
            else 'was affected in a way not stated in a cyber incident: '
        end
        || incident_title
        || coalesce('; ' || effect, '') as words,
        null as care_setting,
        null as amount,
        null as amount_unit,
        null as amount_change,
        affected as status,
        org_code,
        org_name,
        null as predecessor_code,
        null as predecessor_name,
        source_url,
        source,
        edition,
        source_file_sha256,
        source_sheet,
        source_row,
        evidence_grade
    from cyber_incident
    where event_date is not null
    union all
    select
        current_org_code,
        as_of_date as event_date,
        case length(edition) when 7 then 'month' else 'day' end as date_precision,
        'listed' as date_basis,
        13 as type_place,
        case question when 'overall' then 1 else 2 end as tie,
        'cqc_rating' as event_type,
        'was listed by the Care Quality Commission, '
        || case question when 'overall' then 'overall' else 'for being well led' end
        || ': '
        || coalesce(replace(rating, '_', ' '), 'not rated')
        || coalesce(', published on ' || cast(rating_published_on as varchar), '') as words,
        null as care_setting,
        null as amount,
        null as amount_unit,
        null as amount_change,
        rating as status,
        org_code,
        org_name,
        null as predecessor_code,
        null as predecessor_name,
        null as source_url,
        source,
        edition,
        source_file_sha256,
        source_sheet,
        source_row,
        evidence_grade
    from cqc_rating
    union all
    select
        current_org_code,
        as_of_date as event_date,
        'day' as date_precision,
        'listed' as date_basis,
        14 as type_place,
        0 as tie,
        'federated_data_platform' as event_type,
        'was listed as live on the Federated Data Platform'
        || case when reporting_benefits then ' and reporting benefits' else '' end as words,
        null as care_setting,
        null as amount,
        null as amount_unit,
        null as amount_change,
        case when reporting_benefits then 'live_reporting_benefits' else 'live' end as status,
        org_code,
        org_name,
        null as predecessor_code,
        null as predecessor_name,
        null as source_url,
        source,
        edition,
        source_file_sha256,
        source_sheet,
        source_row,
        evidence_grade
    from fdp_status
    union all
    select
        ways.current_org_code,
        steps.succession_date as event_date,
        'day' as date_precision,
        'stated' as date_basis,
        15 as type_place,
        0 as tie,
        'merger' as event_type,
        case steps.kind
            when 'acquisition' then 'took over another organisation'
            when 'merger' then 'another organisation merged into it'
            when 'split' then 'a part of another organisation came to it'
            when 'transfer' then 'services of another organisation came to it'
            when 'rename' then 'continued under a new code'
            else 'another organisation became part of it'
        end
        || case when steps.basis = 'inferred' then ', as inferred' else '' end as words,
        null as care_setting,
        null as amount,
        null as amount_unit,
        null as amount_change,
        steps.kind as status,
        steps.successor_code as org_code,
        steps.successor_name as org_name,
        steps.predecessor_code,
        steps.predecessor_name,
        steps.source_url,
        'curated' as read_from,
        'succession' as edition,
        steps.source_file_sha256,
        '' as source_sheet,
        steps.source_row,
        steps.evidence_grade
    from organisation_succession as steps
    inner join organisation_current_main as ways on steps.successor_code = ways.org_code
    union all
    select
        estates.current_org_code,
        estates.period_start as event_date,
        'financial_year' as date_precision,
        'period' as date_basis,
        16 as type_place,
        0 as tie,
        'medical_records_cost' as event_type,
        'cost of keeping medical records in '
        || estates.financial_year
        || coalesce('; to doubt: ' || replace(estates.cost_flag, '_', ' '), '') as words,
        null as care_setting,
        cast(estates.total_gbp as double precision) as amount,
        'GBP' as amount_unit,
        cast(changes.change_gbp as double precision) as amount_change,
        estates.cost_flag as status,
        estates.org_code,
        estates.org_name,
        null as predecessor_code,
        null as predecessor_name,
        null as source_url,
        estates.source,
        estates.edition,
        estates.source_file_sha256,
        estates.source_sheet,
        estates.source_row,
        estates.evidence_grade
    from medical_records_cost as estates
    left join changes
        on
            estates.org_code = changes.org_code
            and estates.fy_end_year = changes.fy_end_year
            and estates.edition = changes.edition
    where estates.total_gbp is not null
    union all
    select
        amounts.current_org_code,
        amounts.period_start as event_date,
        'financial_year' as date_precision,
        'period' as date_basis,
        17 as type_place,
        0 as tie,
        'amortisation' as event_type,
        'amortisation of intangible assets as a share of operating expenses in '
        || cast(amounts.fy_end_year - 1 as varchar)
        || '/'
        || right(cast(amounts.fy_end_year as varchar), 2)
        || coalesce('; to doubt: ' || replace(amounts.value_flag, '_', ' '), '')
        || case when amounts.open_all_period then '' else '; it was not open all year' end as words,
        null as care_setting,
        cast(
            cast(
                cast(100 as double precision) * amounts.value
                / cast(expenses.expenses_gbp as double precision) + 1e-12
                as decimal(14, 4)
            ) as double precision
        ) as amount,
        'percent of operating expenses' as amount_unit,
        null as amount_change,
        amounts.value_flag as status,
        amounts.org_code,
        amounts.org_name,
        null as predecessor_code,
        null as predecessor_name,
        null as source_url,
        amounts.source,
        amounts.edition,
        amounts.source_file_sha256,
        amounts.source_sheet,
        amounts.source_row,
        case
            when 'transcribed' in (amounts.evidence_grade, expenses.evidence_grade) then 'transcribed'
            else amounts.evidence_grade
        end as evidence_grade
    from denominator as amounts
    inner join expenses
        on
            amounts.org_code = expenses.org_code
            and amounts.source = expenses.source
            and amounts.edition = expenses.edition
            and amounts.period_start = expenses.period_start
            and amounts.period_end = expenses.period_end
    where amounts.measure = 'amortisation_of_intangible_assets' and amounts.value is not null
),

titles as (
    select distinct
        name,
        display_name
    from organisation_name
)

select
    trust.org_name as current_org_name,
    trust.org_code as current_org_code,
    events.event_date,
    cast(
        row_number() over (
            partition by trust.org_code, events.event_date
            order by
                events.type_place,
                events.org_code,
                events.source_file_sha256,
                events.source_row,
                events.tie
        ) as integer
    ) as event_number,
    events.date_precision,
    events.date_basis,
    events.event_type,
    events.words as event, -- noqa: RF04
    events.care_setting,
    events.amount as value, -- noqa: RF04
    events.amount_unit as value_unit,
    events.amount_change as value_change,
    events.status,
    events.org_code,
    events.org_name,
    titles.display_name as org_display_name,
    ways.relation,
    events.predecessor_code,
    events.predecessor_name,
    events.source_url,
    events.source,
    events.edition,
    events.source_file_sha256,
    events.source_sheet,
    events.source_row,
    events.evidence_grade
from events
inner join organisation as trust on events.current_org_code = trust.org_code
inner join organisation_current_main as ways on events.org_code = ways.org_code
left join titles on events.org_name = titles.name
where trust.is_current and trust.in_scope and events.evidence_grade <> 'unverified'
