-- purpose: oversight segment by quarter
-- grain: organisation x quarter
select
    current_org_code as today,
    quarter,
    display_name(org_name) as org_name,
    org_code,
    segment,
    in_financial_deficit,
    value_status,
    array[origin(oversight_segment_current)] as read_from,
    edition,
    path
from oversight_segment_current
where current_org_code is not null
order by current_org_code asc, period_end desc, org_code asc, edition asc
