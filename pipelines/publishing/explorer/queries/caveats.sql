-- purpose: what must be known before using a table
-- grain: caveat
with caveats as (
    select
        text as what,
        source,
        caveat as named,
        table_name
    from caveat
)

select
    what as caveat,
    source,
    string_agg(distinct table_name, ', ' order by table_name) as table_names
from caveats
group by source, named, what
order by source, named, what
