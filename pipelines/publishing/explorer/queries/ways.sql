-- purpose: where every code leads today, also those before the lists begin; null: it ended without successor
-- grain: code x today's trust
with recursive older as (
    select
        edges.predecessor_code as org_code,
        ways.current_org_code,
        edges.succession_date as since
    from organisation_succession as edges
    inner join organisation_current as ways on edges.successor_code = ways.org_code
    where edges.predecessor_code not in (select known.org_code from organisation_current as known)
    union
    select
        edges.predecessor_code as org_code,
        older.current_org_code,
        edges.succession_date as since
    from organisation_succession as edges
    inner join older on edges.successor_code = older.org_code
    where edges.predecessor_code not in (select known.org_code from organisation_current as known)
)

select
    org_code,
    current_org_code,
    relation,
    since
from organisation_current
union
select
    org_code,
    current_org_code,
    'predecessor' as relation,
    since
from older
order by 1, 2, 3, 4
