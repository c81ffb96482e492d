-- purpose: every name and code by which a trust can be looked for
-- grain: code x name
select
    titles.org_code,
    titles.name as org_name
from organisation_name as titles
union
select
    org_code,
    org_name
from organisation_current
union
select
    predecessor_code as org_code,
    coalesce(predecessor_name, '') as org_name
from organisation_succession
where predecessor_code not in (select known.org_code from organisation_current as known)
order by 1, 2
