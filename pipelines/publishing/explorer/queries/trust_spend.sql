-- purpose: capital spent on information technology by year
-- grain: today's trust x financial year
select
    current_org_code as today,
    financial_year,
    narrow_gbp,
    broad_gbp,
    operating_expenses_gbp,
    constituents,
    constituents_missing,
    value_status,
    evidence_grade
from it_spend_current
where current_org_code is not null and allocation = 'whole'
order by current_org_code, fy_end_year, edition
