-- purpose: cost of medical records by year
-- grain: today's trust x financial year
select
    current_org_code as today,
    financial_year,
    total_gbp,
    onsite_gbp,
    offsite_gbp,
    records_type,
    cost_flag,
    constituents,
    constituents_missing,
    value_status,
    evidence_grade
from medical_records_cost_current
where current_org_code is not null and allocation = 'whole'
order by current_org_code, fy_end_year, edition
