-- purpose: the dated events of the trusts, and of the organisations that became part of them, in order
-- grain: trust x event
select
    current_org_code,
    event_number,
    event_date,
    date_precision,
    event_type,
    org_display_name as org_name,
    event,
    value,
    value_unit,
    evidence_grade,
    source
from digital_journey
where list_contains(getvariable('trusts'), current_org_code)
order by current_org_code, event_number
