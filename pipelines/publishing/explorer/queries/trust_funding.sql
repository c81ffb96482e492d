-- purpose: central digital money awarded by name
-- grain: award
select
    current_org_code as today,
    programme,
    wave,
    financial_years,
    amount_gbp,
    amount_basis,
    may_be_summed,
    constituents as awarded_to,
    value_status,
    evidence_grade,
    source_url
from digital_funding_current
where current_org_code is not null
order by current_org_code, fy_end_year, programme, wave, constituents, amount_gbp, source_url
