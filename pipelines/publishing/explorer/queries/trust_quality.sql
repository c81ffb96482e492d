-- purpose: data quality maturity index over all data sets, by month
-- grain: organisation x month
select
    current_org_code as today,
    reporting_month,
    display_name(org_name) as org_name,
    org_code,
    score,
    coverage,
    value_status,
    array[origin(dqmi_score_current)] as read_from,
    dataset,
    edition,
    path
from dqmi_score_current
where current_org_code is not null and dataset = 'all' and not with_diagnostic_imaging
order by current_org_code asc, reporting_month desc, org_code asc, edition asc
