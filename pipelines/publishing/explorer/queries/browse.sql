-- purpose: what every trust of today is compared and filtered by; a value that is not held says so
-- grain: organisation
select
    org_code,
    coalesce(organisation_type, 'not_known') as organisation_type,
    programme_role,
    case
        when epr_supplier is not null then epr_supplier
        when epr_answer = 'no' then 'no record system, as answered'
        when epr_answer = 'yes' then 'supplier not named'
        when epr_merged_since is not null then 'not known: merged since'
        else 'not known'
    end as epr_supplier,
    case
        when frontline_group is not null then cast(frontline_group as varchar)
        when frontline_merged_since is not null then 'not known: merged since'
        else 'not known'
    end as epr_group,
    case
        when dspt_status is not null then replace(dspt_status, '_', ' ')
        when dspt_merged_since is not null then 'not known: merged since'
        else 'not known'
    end as security_status
from trust_profile
order by org_code
