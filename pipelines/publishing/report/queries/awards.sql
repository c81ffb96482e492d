-- purpose: central awards to acute and other trusts by the role of the trust in the exemplar programme
-- grain: role
with members as (
    select
        org_code,
        min(role) as best_role
    from programme_membership
    where programme = 'GDE'
    group by org_code
)

select
    coalesce(members.best_role, 'no_known_programme') as cohort,
    sum(case when funding.may_be_summed then funding.amount_gbp end) / 1000000.0 as summed_million_gbp,
    sum(
        case when funding.programme like 'GDE%' and funding.amount_basis = 'up_to' then funding.amount_gbp end
    )
    / 1000000.0 as ceilings_million_gbp,
    sum(case when funding.programme like 'GDE%' and funding.amount_basis = 'up_to' then 1 else 0 end)
        as n_ceilings
from digital_funding as funding
left join members on funding.org_code = members.org_code
group by members.best_role
order by cohort
