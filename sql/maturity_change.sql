-- purpose: how far the comparable overall DMA score of a provider moved from one year to the next
-- grain: organisation x care setting x edition
-- key: org_code, care_setting, edition
with overall as (
    select
        org_name,
        org_code,
        current_org_code,
        current_org_name,
        organisation_type,
        region,
        care_setting,
        edition,
        period,
        period_start,
        period_end,
        score,
        shared_score
    from maturity_score
    where instrument = 'DMA' and measure = 'overall_comparable'
),

pairs as (
    select
        later.org_name,
        later.org_code,
        later.current_org_code,
        later.current_org_name,
        later.organisation_type,
        later.region,
        later.care_setting,
        later.edition,
        later.shared_score,
        earlier.period as period_before,
        later.period as period_after,
        earlier.score as score_before,
        later.score as score_after,
        earlier.period_start as span_start,
        later.period_end as span_end
    from overall as later
    inner join overall as earlier
        on
            later.org_code = earlier.org_code
            and later.care_setting = earlier.care_setting
            and later.edition = earlier.edition
            and later.period > earlier.period
)

select
    org_name,
    org_code,
    current_org_code,
    current_org_name,
    organisation_type,
    region,
    care_setting,
    edition,
    period_before,
    period_after,
    score_before,
    score_after,
    cast(score_after as decimal(12, 9)) - cast(score_before as decimal(12, 9)) as score_change,
    case
        when abs(score_after - score_before) <= 0.000000001 then 'unchanged'
        when score_after > score_before then 'rose'
        else 'fell'
    end as direction,
    exists(
        select 1
        from organisation_succession
        where
            organisation_succession.successor_code = pairs.org_code
            and organisation_succession.succession_date between pairs.span_start and pairs.span_end
    ) as boundary_changed,
    shared_score
from pairs
