-- purpose: electronic patient records in October 2024 and amortisation in 2022/23, by care and cohort of 2025
-- grain: care type x cohort
with newest as (
    select
        org_code,
        care_type,
        min(cohort) as cohort
    from cohort_score
    where instrument = 'DMA' and edition = '2025' and period = '2025'
    group by org_code, care_type
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
)

select
    newest.care_type || ': ' || replace(newest.cohort, '_', ' ') as assessed,
    newest.care_type,
    newest.cohort,
    count(*) as n_trusts,
    100.0 * avg(case when epr.has_epr then 1.0 when epr.has_epr is not null then 0.0 end) as pct_with_epr,
    count(epr.org_code) as n_epr,
    median(amortised.amortised_pct) as median_amortisation_pct,
    count(amortised.org_code) as n_amortisation
from newest
left join epr_supplier as epr
    on newest.org_code = epr.org_code and epr.edition = '2024-10-01'
left join amortised on newest.org_code = amortised.org_code
group by newest.care_type, newest.cohort
order by newest.care_type, newest.cohort
