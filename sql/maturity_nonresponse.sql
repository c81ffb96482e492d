-- purpose: trusts that were open when a round of an assessment ended and have no score in it
-- grain: instrument x period x organisation
-- key: instrument, period, org_code
with rounds as (
    select
        instrument,
        period,
        min(period_start) as period_start,
        max(period_end) as period_end,
        cast(max(period_end) + interval '1 day' as date) as next_day
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

merged as (
    select
        scored.instrument,
        scored.period,
        organisation_succession.predecessor_code as org_code,
        organisation_succession.succession_date
    from organisation_succession
    inner join scored on organisation_succession.successor_code = scored.org_code
    union
    select
        scored.instrument,
        scored.period,
        organisation_succession.successor_code as org_code,
        organisation_succession.succession_date
    from organisation_succession
    inner join scored on organisation_succession.predecessor_code = scored.org_code
),

in_round as (
    select distinct
        rounds.instrument,
        rounds.period,
        merged.org_code
    from rounds
    inner join merged
        on
            rounds.instrument = merged.instrument
            and rounds.period = merged.period
            and rounds.period_start <= merged.succession_date
            and rounds.next_day >= merged.succession_date
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
    organisation.org_display_name,
    organisation.org_code,
    coalesce(members.best_role, 'no_known_programme') as cohort,
    rounds.instrument,
    rounds.period,
    rounds.period_end,
    organisation.open_date,
    organisation.close_date,
    case when in_round.org_code is null then 'no_answer' else 'merged_in_round' end as reason
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
left join in_round
    on
        rounds.instrument = in_round.instrument
        and rounds.period = in_round.period
        and organisation.org_code = in_round.org_code
left join members on organisation.org_code = members.org_code
where scored.org_code is null
