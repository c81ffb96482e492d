-- purpose: dated events of electronic patient records
-- grain: event x organisation
select
    current_org_code as today,
    event_date,
    event,
    supplier,
    product,
    date_precision,
    date_basis,
    confidence,
    org_name,
    org_code,
    evidence_grade,
    source_url
from epr_event_current
where current_org_code is not null
order by current_org_code asc, event_date asc, event asc, org_code asc, source_url asc
