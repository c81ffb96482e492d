-- purpose: the data checks that did not pass, and what that means
-- grain: check
select
    check_name,
    severity,
    count(*) as times,
    string_agg(distinct table_name, ' ' order by table_name) as table_names,
    why as meaning
from check_result
where outcome <> 'passed' and checked <> 'csv'
group by check_name, severity, why
order by severity, check_name
