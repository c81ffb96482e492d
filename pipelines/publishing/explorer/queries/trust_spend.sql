-- purpose: capital spent on information technology by year
-- grain: today's trust x financial year
select
    sums.current_org_code as today,
    sums.financial_year,
    sums.narrow_gbp,
    sums.broad_gbp,
    sums.operating_expenses_gbp,
    sums.constituents,
    sums.constituents_missing,
    sums.value_status,
    sums.evidence_grade,
    (
        select
            list(
                origin(facts, coalesce(facts.org_code, facts.org_name_as_published))
                order by facts.org_code, facts.source_row
            )
        from it_spend as facts
        where
            facts.fy_end_year = sums.fy_end_year
            and facts.source = sums.source
            and facts.edition = sums.edition
            and facts.period_start = sums.period_start
            and facts.period_end = sums.period_end
            and list_contains(string_split(sums.constituents, ' '), facts.org_code)
    ) as read_from,
    sums.fy_end_year,
    sums.source,
    sums.edition,
    sums.period_start,
    sums.period_end
from it_spend_current as sums
where sums.current_org_code is not null and sums.allocation = 'whole'
order by sums.current_org_code, sums.fy_end_year, sums.edition
