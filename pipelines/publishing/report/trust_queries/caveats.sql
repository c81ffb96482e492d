-- purpose: what must be known before these figures are compared
-- grain: caveat
select distinct
    caveat,
    text
from caveat
where table_name in ('digital_journey', 'maturity_change', 'peer_group')
order by caveat
