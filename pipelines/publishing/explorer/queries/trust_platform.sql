-- purpose: lists of who was live on the Federated Data Platform
-- grain: organisation x list
select
    current_org_code as today,
    as_of_date,
    reporting_benefits,
    display_name(org_name) as org_name,
    org_code,
    evidence_grade,
    array[origin(fdp_status_current)] as read_from,
    edition,
    path
from fdp_status_current
where current_org_code is not null
order by current_org_code asc, as_of_date desc, org_code asc
