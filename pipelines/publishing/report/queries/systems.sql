-- purpose: systems, money and security of today's trusts by cohort of the assessment of 2025
-- grain: cohort
with newest as (
    select
        org_code,
        min(cohort) as cohort
    from cohort_score
    where instrument = 'DMA' and edition = '2025' and period = '2025'
    group by org_code
),

amortised as (
    select
        expenses.org_code,
        100.0 * amortisation.value / expenses.value as amortised_pct
    from denominator as expenses
    inner join denominator as amortisation
        on expenses.org_code = amortisation.org_code and expenses.fy_end_year = amortisation.fy_end_year
    where
        expenses.measure = 'operating_expenses'
        and expenses.value > 0
        and amortisation.measure = 'amortisation_of_intangible_assets'
        and expenses.fy_end_year = 2023
),

records as (
    select
        medical_records_cost.org_code,
        max(case when medical_records_cost.fy_end_year = 2018 then medical_records_cost.total_gbp end)
            as cost_before,
        max(case when medical_records_cost.fy_end_year = 2025 then medical_records_cost.total_gbp end)
            as cost_after
    from medical_records_cost
    where
        medical_records_cost.cost_flag is null
        and medical_records_cost.org_code not in (
            select organisation_succession.successor_code from organisation_succession
            where organisation_succession.succession_date >= date '2017-04-01'
        )
    group by medical_records_cost.org_code
)

select
    replace(newest.cohort, '_', ' ') as cohort,
    count(*) as n_trusts,
    100.0 * avg(case when epr.has_epr then 1.0 when epr.has_epr is not null then 0.0 end) as pct_with_epr,
    count(epr.org_code) as n_epr,
    median(amortised.amortised_pct) as median_amortisation_pct,
    count(amortised.org_code) as n_amortisation,
    median(100.0 * (records.cost_after - records.cost_before) / nullif(records.cost_before, 0))
        as median_records_change_pct,
    count(100.0 * records.cost_after / nullif(records.cost_before, 0)) as n_records
from newest
left join epr_supplier as epr
    on newest.org_code = epr.org_code and epr.edition = '2024-10-01'
left join amortised on newest.org_code = amortised.org_code
left join records on newest.org_code = records.org_code
group by newest.cohort
order by newest.cohort
