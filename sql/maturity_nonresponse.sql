-- purpose: trusts that were open when a round of an assessment ended and have no score in it
-- grain: instrument x period x organisation
-- key: instrument, period, org_code
with rounds as (
    select
        instrument,
        period,
        max(period_end) as period_end
    from maturity_score
    where measure in ('readiness', 'overall_comparable')
    group by instrument, period
),

scored as (
    select distinct
        instrument,
        period,
        org_code
    from maturity_score
    where score is not null
),

members as (
    select
        org_code,
        min(role) as best_role
    from programme_membership
    where programme = 'GDE'
    group by org_code
)

select
    organisation.org_name,
    organisation.org_code,
    coalesce(members.best_role, 'no_known_programme') as cohort,
    rounds.instrument,
    rounds.period,
    rounds.period_end,
    organisation.open_date,
    organisation.close_date
from rounds
inner join organisation
    on
        organisation.in_scope
        and rounds.period_end >= organisation.open_date
        and (organisation.close_date is null or rounds.period_end <= organisation.close_date)
left join scored
    on
        rounds.instrument = scored.instrument
        and rounds.period = scored.period
        and organisation.org_code = scored.org_code
left join members on organisation.org_code = members.org_code
where scored.org_code is null
