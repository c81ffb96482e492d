-- purpose: the days that the facts of the list of trusts are about
-- grain: fact
with days as (
    select
        'epr_supplier' as fact,
        epr_as_of_date as listed_on
    from trust_profile
    union all
    select
        'epr_group' as fact,
        frontline_as_of_date as listed_on
    from trust_profile
    union all
    select
        'security_status' as fact,
        dspt_as_of_date as listed_on
    from trust_profile
)

select
    fact,
    min(listed_on) as first_day,
    max(listed_on) as last_day
from days
where listed_on is not null
group by fact
order by fact
