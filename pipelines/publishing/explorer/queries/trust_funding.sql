-- purpose: central digital money awarded by name
-- grain: award
select
    sums.current_org_code as today,
    sums.programme,
    sums.wave,
    sums.financial_years,
    sums.amount_gbp,
    sums.amount_basis,
    sums.may_be_summed,
    sums.constituents as awarded_to,
    sums.value_status,
    sums.evidence_grade,
    sums.source_url,
    (
        select
            list(
                origin(facts, coalesce(facts.org_code, facts.org_name_as_published))
                order by facts.org_code, facts.source_row
            )
        from digital_funding as facts
        where
            facts.programme = sums.programme
            and facts.wave = sums.wave
            and facts.may_be_summed = sums.may_be_summed
            and facts.source = sums.source
            and facts.edition = sums.edition
            and facts.period_start = sums.period_start
            and facts.period_end = sums.period_end
            and list_contains(string_split(sums.constituents, ' '), facts.org_code)
    ) as read_from,
    sums.source,
    sums.edition,
    sums.period_start,
    sums.period_end,
    sums.constituents
from digital_funding_current as sums
where sums.current_org_code is not null
order by
    sums.current_org_code,
    sums.fy_end_year,
    sums.programme,
    sums.wave,
    sums.constituents,
    sums.amount_gbp,
    sums.source_url
