-- purpose: cost of medical records by year
-- grain: today's trust x financial year
select
    sums.current_org_code as today,
    sums.financial_year,
    sums.total_gbp,
    sums.onsite_gbp,
    sums.offsite_gbp,
    sums.records_type,
    sums.cost_flag,
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
        from medical_records_cost as facts
        where
            facts.financial_year = sums.financial_year
            and facts.source = sums.source
            and facts.edition = sums.edition
            and facts.period_start = sums.period_start
            and facts.period_end = sums.period_end
            and list_contains(string_split(sums.constituents, ' '), facts.org_code)
    ) as read_from,
    sums.source,
    sums.edition,
    sums.period_start,
    sums.period_end
from medical_records_cost_current as sums
where sums.current_org_code is not null and sums.allocation = 'whole'
order by sums.current_org_code, sums.fy_end_year, sums.edition
