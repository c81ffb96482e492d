-- purpose: primary electronic patient record
-- grain: organisation x day
select
    current_org_code as today,
    as_of_date,
    display_name(org_name) as org_name,
    org_code,
    has_epr,
    supplier,
    value_status,
    evidence_grade,
    array[origin(epr_supplier_current)] as read_from,
    edition,
    path
from epr_supplier_current
where current_org_code is not null
order by current_org_code asc, as_of_date desc, org_code asc
