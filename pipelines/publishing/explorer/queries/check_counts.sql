-- purpose: how the data checks of the release went
-- grain: table
select
    table_name,
    count(*) as checks,
    count(*) filter (where outcome = 'passed') as passed,
    count(*) filter (where outcome <> 'passed' and severity = 'WARN') as warnings,
    count(*) filter (where outcome <> 'passed' and severity = 'ERROR') as errors,
    count(*) filter (where failing_keys <> '') as with_rows_named
from check_result
where checked <> 'csv'
group by table_name
order by table_name
