-- purpose: why trusts that were open have no row in an edition
-- grain: table x edition x reason
select
    source,
    table_name,
    edition,
    why,
    org_codes
from coverage
where org_codes <> '' and subject like '%without a row'
order by table_name, edition, subject, source
