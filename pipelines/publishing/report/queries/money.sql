-- purpose: central awards to named trusts, by programme and by what the amount is
-- grain: programme x basis
select
    programme,
    amount_basis,
    may_be_summed,
    count(*) as n_awards,
    sum(amount_gbp) as amount_gbp
from digital_funding
group by programme, amount_basis, may_be_summed
order by programme, amount_basis
