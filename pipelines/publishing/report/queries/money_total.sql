-- purpose: central awards that may be added up, and ceilings that may not
-- grain: one row
select
    sum(case when may_be_summed then amount_gbp end) / 1000000.0 as summed_million_gbp,
    sum(case when amount_basis = 'up_to' and programme like 'GDE%' then amount_gbp end) / 1000000.0
        as ceilings_million_gbp,
    sum(case when amount_basis = 'up_to' and programme like 'GDE%' then 1 else 0 end) as n_ceilings
from digital_funding
order by 1
