-- purpose: every name and code by which a trust can be looked for
-- grain: code x name
select
    titles.org_code,
    titles.display_name as org_name
from organisation_name as titles
union
select
    org_code,
    display_name(org_name) as org_name
from organisation_current
union
select
    predecessor_code as org_code,
    coalesce(display_name(predecessor_name), '') as org_name
from organisation_succession
where predecessor_code not in (select known.org_code from organisation_current as known)
order by 1, 2
