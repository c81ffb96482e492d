-- purpose: ratings of the trust as a whole
-- grain: organisation x question x rating
select
    current_org_code as today,
    question,
    rating,
    rating_published_on,
    display_name(org_name) as org_name,
    org_code,
    as_of_date,
    value_status,
    array[origin(cqc_rating_current)] as read_from,
    edition,
    path
from cqc_rating_current
where current_org_code is not null
order by current_org_code asc, as_of_date desc, question asc, org_code asc
