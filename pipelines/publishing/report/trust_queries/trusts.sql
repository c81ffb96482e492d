-- purpose: the trusts of this report, today
-- grain: trust
select
    org_code,
    org_display_name as org_name,
    organisation_type,
    region,
    icb_code,
    programme_role,
    programme_through,
    epr_answer,
    epr_supplier,
    dspt_status,
    oversight_segment
from trust_profile
where list_contains(getvariable('trusts'), org_code)
order by org_name
