-- purpose: validations of electronic records by HIMSS
-- grain: validation x organisation
select
    current_org_code as today,
    event_date,
    model,
    stage,
    date_precision,
    confidence,
    org_name,
    org_code,
    evidence_grade,
    source_url
from emram_validation_current
where current_org_code is not null
order by current_org_code asc, event_date asc, model asc, org_code asc
