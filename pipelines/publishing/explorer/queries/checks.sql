-- purpose: every check of every table of the release
-- grain: table x what was checked x check
select
    check_name,
    table_name,
    checked,
    severity,
    outcome,
    observed,
    failing_keys,
    why,
    trend
from check_result
order by table_name, checked, check_name
