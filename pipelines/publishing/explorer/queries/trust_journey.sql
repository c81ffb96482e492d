-- purpose: the dated events of a trust and of those that became it, in order
-- grain: today's trust x event
select
    current_org_code as today,
    event_date,
    event_type,
    event || coalesce(' (' || predecessor_code || ')', '') as event, -- noqa: RF04
    value as figure,
    value_unit as unit,
    cast(value_change as bigint) as change_gbp,
    org_code,
    relation,
    date_precision,
    date_basis,
    evidence_grade,
    source_url,
    array[origin(digital_journey)] as read_from,
    event_number
from digital_journey
order by current_org_code, event_date, event_number
